import type { Limit, RefusalResponse } from '../plan/plugin-configuration.ts';
import { type Found, fieldPattern, findFields, isFieldMap } from '../policy/field-path.ts';
import { protobufDurationNanos } from '../policy/fields/duration.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import type { PolicyRateLimit } from '../policy/policy.ts';
import type { PolicyDocument } from '../policy/policy-document.ts';
import { asmMatchers } from '../policy/rules/asm-matchers.ts';
import { asmMisplacedFields } from '../policy/rules/asm-misplaced-fields.ts';
import { asmOverrideConditions } from '../policy/rules/asm-override-conditions.ts';
import { asmTargetServices } from '../policy/rules/asm-target-services.ts';
import { notBothFields } from '../policy/rules/not-both-fields.ts';
import { isOwnResponseHeader, ownResponseHeaders } from '../policy/rules/own-response-headers.ts';
import { responseHeaderSize } from '../policy/rules/response-header-size.ts';
import { uniqueHeaderNames } from '../policy/rules/unique-header-names.ts';
import { uniqueNames } from '../policy/rules/unique-names.ts';
import {
  ASM_LOCAL_RATE_LIMITER,
  type AsmLocalRateLimiter,
  type AsmRateLimitConfig,
  asmLocalRateLimiterSchema,
} from './asm-local-rate-limiter-schema.ts';
import { asmCondition } from './asm-matcher.ts';
import { asmTarget } from './asm-target-service.ts';
import { hostTarget } from './host-target.ts';
import { definePolicyKind } from './policy-kind.ts';

const RESPONSE_HEADER_MAPS = [
  fieldPattern('spec.configs[].limit.response_header_to_add'),
  fieldPattern('spec.configs[].limit.response_headers_to_add'),
];

/** Alibaba Cloud Service Mesh's local rate limiter; docs/policies/asm-local-rate-limiter.md says what each field means here. */
export const asmLocalRateLimiter = definePolicyKind<AsmLocalRateLimiter>({
  ...ASM_LOCAL_RATE_LIMITER,
  schema: asmLocalRateLimiterSchema,
  rules: [
    uniqueNames(fieldPattern('spec.configs[].name')),
    notBothFields(fieldPattern('spec.configs[]'), 'match', 'target_services'),
    notBothFields(fieldPattern('spec.configs[].limit'), 'response_header_to_add', 'response_headers_to_add'),
    asmMatchers,
    asmOverrideConditions,
    asmTargetServices,
    asmMisplacedFields,
    uniqueHeaderNames(responseHeaderNames),
    ownResponseHeaders(responseHeaderNames),
    responseHeaderSize(RESPONSE_HEADER_MAPS),
  ],
  toPolicy: ({ metadata, spec }, document) => ({
    rateLimits: spec.configs.flatMap((config, index) =>
      configRules(config, index, {
        namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
        name: metadata.name,
        document,
      }),
    ),
  }),
});

function responseHeaderNames(value: unknown): Found[] {
  return RESPONSE_HEADER_MAPS.flatMap((pattern) => findFields(value, pattern)).flatMap(
    ({ path, value: map }) =>
      isFieldMap(map) ? Object.keys(map).map((name) => ({ path: [...path, name], value: name })) : [],
  );
}

interface Policy {
  namespace: string;
  name: string;
  document: PolicyDocument;
}

/** ASM keeps a bucket per virtual host, so every target service has a rule, and with it a bucket, of its own. */
function configRules(config: AsmRateLimitConfig, index: number, policy: Policy): PolicyRateLimit[] {
  const vhost = config.match?.vhost;
  const common = {
    origin: { document: policy.document, path: ['spec', 'configs', index] },
    onlyHosts: [],
    routes: vhost?.route?.name_match === undefined ? [] : [vhost.route.name_match],
    match: (vhost?.route?.header_match ?? []).map((matcher) => asmCondition('header', matcher)),
    limit: tokenBucket(config.limit),
    overrides: (config.limit_overrides ?? []).map(({ request_match, limit }) => ({
      match: [
        ...(request_match.header_match ?? []).map((matcher) => asmCondition('header', matcher)),
        ...(request_match.query_match ?? []).map((matcher) => asmCondition('query', matcher)),
      ],
      limit: tokenBucket(limit),
    })),
    key: config.limit.per_downstream_connection === true ? [{ on: 'connection' as const }] : [],
    ...refusal(config.limit),
  } satisfies Partial<PolicyRateLimit>;
  const name = `${policy.namespace}/${policy.name}/${config.name ?? index}`;
  if (config.target_services === undefined) {
    const targets = hostTarget(vhost?.name);
    return [{ name, targets, ports: vhost?.port === undefined ? [] : [vhost.port], ...common }];
  }
  const isOnly = config.target_services.length === 1;
  return config.target_services.map((service, at) => {
    const { target, suffix } = asmTarget(service, policy.namespace, {
      document: policy.document,
      path: [...common.origin.path, 'target_services', at],
    });
    return {
      name: isOnly ? name : `${name}/${suffix}`,
      targets: [target],
      ports: service.port === undefined ? [] : [service.port],
      ...common,
    };
  });
}

function tokenBucket({
  fill_interval,
  quota,
}: Pick<AsmRateLimitConfig['limit'], 'fill_interval' | 'quota'>): Limit {
  return {
    algorithm: 'tokenBucket',
    maxTokens: quota,
    tokensPerFill: quota,
    fillIntervalNanos: protobufDurationNanos(fill_interval),
  };
}

function refusal(limit: AsmRateLimitConfig['limit']): { response?: RefusalResponse } {
  const added = Object.entries(limit.response_header_to_add ?? limit.response_headers_to_add ?? {});
  const headers = added
    .filter(([name]) => !isOwnResponseHeader(name))
    .map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  const response: RefusalResponse = {
    ...(limit.status !== undefined && { status: limit.status }),
    ...(limit.custom_response_body !== undefined && { body: limit.custom_response_body }),
    ...(headers.length > 0 && { headers }),
  };
  return Object.keys(response).length === 0 ? {} : { response };
}
