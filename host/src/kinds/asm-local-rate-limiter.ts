import type { Limit, RefusalResponse } from '../plan/plugin-configuration.ts';
import { fieldPattern } from '../policy/field-path.ts';
import { protobufDurationNanos } from '../policy/fields/duration.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import type { PolicyRateLimit } from '../policy/policy.ts';
import { asmMatchers } from '../policy/rules/asm-matchers.ts';
import { asmMisplacedFields } from '../policy/rules/asm-misplaced-fields.ts';
import { asmOverrideConditions } from '../policy/rules/asm-override-conditions.ts';
import { asmPlacement } from '../policy/rules/asm-placement.ts';
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
import { namesInHeaderMaps } from './asm-response-header-names.ts';
import { type AsmOwner, asmTargets } from './asm-target-service.ts';
import { placementOf } from './placement.ts';
import { definePolicyKind } from './policy-kind.ts';

const RESPONSE_HEADER_MAPS = [
  fieldPattern('spec.configs[].limit.response_header_to_add'),
  fieldPattern('spec.configs[].limit.response_headers_to_add'),
];

const responseHeaderNames = namesInHeaderMaps(RESPONSE_HEADER_MAPS);

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
    asmPlacement,
    uniqueHeaderNames(responseHeaderNames),
    ownResponseHeaders(responseHeaderNames),
    responseHeaderSize(RESPONSE_HEADER_MAPS),
  ],
  toPolicy: ({ metadata, spec }, document) => ({
    placement: placementOf(spec, metadata.namespace ?? DEFAULT_NAMESPACE, document, 'sidecarInbound'),
    rateLimits: spec.configs.flatMap((config, index) =>
      configRules(config, index, {
        namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
        name: metadata.name,
        document,
      }),
    ),
  }),
});

function configRules(config: AsmRateLimitConfig, index: number, policy: AsmOwner): PolicyRateLimit[] {
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
  return asmTargets(config, index, policy).map((target) => ({ ...target, ...common }));
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
