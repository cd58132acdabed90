import type { Cost, Descriptor, Limit, RefusalResponse } from '../plan/plugin-configuration.ts';
import { fieldPattern, findFields } from '../policy/field-path.ts';
import { parseDuration } from '../policy/fields/duration.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import type { HostTarget, PolicyRule } from '../policy/rate-limit-policy.ts';
import { costForm } from '../policy/rules/cost-form.ts';
import { costWithinLimit } from '../policy/rules/cost-within-limit.ts';
import { exactlyOneField } from '../policy/rules/exactly-one-field.ts';
import { hostsWithinTargets } from '../policy/rules/hosts-within-targets.ts';
import { ignoreCaseNeedsText } from '../policy/rules/ignore-case-needs-text.ts';
import { keyOptionsNeedKey } from '../policy/rules/key-options.ts';
import { overrideConditions } from '../policy/rules/override-conditions.ts';
import { isOwnResponseHeader, ownResponseHeaders } from '../policy/rules/own-response-headers.ts';
import { responseHeaderSize } from '../policy/rules/response-header-size.ts';
import { targetRefs } from '../policy/rules/target-refs.ts';
import { uniqueNames } from '../policy/rules/unique-names.ts';
import { serviceHost } from '../policy/service-host.ts';
import { hostTarget } from './host-target.ts';
import { definePolicyKind } from './policy-kind.ts';
import {
  KEY_PARTS,
  type KeyPart,
  type PolicyCost,
  type PolicyLimit,
  type PolicyResponse,
  RATE_LIMIT_POLICY,
  type RateLimitPolicyObject,
  type RateLimitPolicyRule,
  rateLimitPolicySchema,
  type TargetRef,
} from './rate-limit-policy-schema.ts';
import { requestConditions } from './request-match.ts';

const COMPARISONS = ['exact', 'prefix', 'suffix', 'contains', 'regex'];
const matchesOf = (part: string) => [
  fieldPattern(`spec.rules[].match.${part}`),
  fieldPattern(`spec.rules[].overrides[].match.${part}`),
];
const RESPONSE_HEADERS = fieldPattern('spec.rules[].response.headers');
const RESPONSE_HEADER_NAMES = fieldPattern('spec.rules[].response.headers[].name');
const NAMED_MATCHERS = ['headers[]', 'queryParameters[]', 'cookies[]'].flatMap(matchesOf);

/** Sluice's own rate-limiting kind; docs/policies/rate-limit-policy.md says what each field means. */
export const rateLimitPolicy = definePolicyKind<RateLimitPolicyObject>({
  ...RATE_LIMIT_POLICY,
  schema: rateLimitPolicySchema,
  rules: [
    uniqueNames(fieldPattern('spec.rules[].name')),
    targetRefs,
    hostsWithinTargets,
    exactlyOneField(
      [fieldPattern('spec.rules[].limit'), fieldPattern('spec.rules[].overrides[].limit')],
      ['tokenBucket', 'slidingWindow'],
    ),
    exactlyOneField([fieldPattern('spec.rules[].key[]')], KEY_PARTS),
    exactlyOneField(matchesOf('path'), COMPARISONS),
    exactlyOneField(NAMED_MATCHERS, [...COMPARISONS, 'present']),
    ignoreCaseNeedsText(NAMED_MATCHERS),
    overrideConditions,
    keyOptionsNeedKey(fieldPattern('spec.rules[]')),
    costForm(fieldPattern('spec.rules[].cost')),
    costWithinLimit(fieldPattern('spec.rules[]')),
    ownResponseHeaders((value) => findFields(value, RESPONSE_HEADER_NAMES)),
    responseHeaderSize([RESPONSE_HEADERS]),
  ],
  toPolicy: ({ metadata, spec }, document) => {
    const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
    const targets = hostTargets(spec.targetRefs ?? [], namespace);
    return {
      rules: spec.rules.map((rule, index) => ({
        name: `${namespace}/${metadata.name}/${rule.name}`,
        origin: { document, path: ['spec', 'rules', index] },
        targets,
        ...policyRule(rule),
      })),
    };
  },
});

/** The hosts of all targets; empty, which means every host, as soon as one target stands for all. */
function hostTargets(targets: TargetRef[], policyNamespace: string): HostTarget[] {
  const hosts = targets.map(({ kind, name, namespace = policyNamespace }): HostTarget[] => {
    if (kind === 'Gateway') return [];
    return kind === 'VirtualHost' ? hostTarget(name) : [{ service: serviceHost(name, namespace) }];
  });
  return hosts.every((target) => target.length > 0) ? hosts.flat() : [];
}

function policyRule(rule: RateLimitPolicyRule): Omit<PolicyRule, 'name' | 'origin' | 'targets'> {
  const { hosts = [], routes = [], ...conditions } = rule.match ?? {};
  return {
    onlyHosts: hosts.map((host) => host.toLowerCase()),
    ports: [],
    routes,
    match: requestConditions(conditions),
    limit: policyLimit(rule.limit),
    overrides: (rule.overrides ?? []).map(({ match, limit }) => ({
      match: requestConditions(match),
      limit: policyLimit(limit),
    })),
    key: (rule.key ?? []).map(descriptor),
    ...(rule.keyCapacity !== undefined && { keyCapacity: rule.keyCapacity }),
    ...(rule.whenKeyMissing !== undefined && { whenKeyMissing: rule.whenKeyMissing }),
    ...(rule.cost !== undefined && { cost: requestCost(rule.cost) }),
    ...(rule.shadowMode === true && { shadowMode: true }),
    ...(rule.response !== undefined && { response: refusal(rule.response) }),
  };
}

/** One of the two is there: rules/exactly-one-field.ts. */
function policyLimit({ tokenBucket, slidingWindow }: PolicyLimit): Limit {
  if (tokenBucket !== undefined) {
    return {
      algorithm: 'tokenBucket',
      maxTokens: tokenBucket.maxTokens,
      tokensPerFill: tokenBucket.tokensPerFill ?? tokenBucket.maxTokens,
      fillIntervalNanos: parseDuration(tokenBucket.fillInterval)!,
    };
  }
  return {
    algorithm: 'slidingWindow',
    maxRequests: slidingWindow!.maxRequests,
    windowNanos: parseDuration(slidingWindow!.window)!,
  };
}

function descriptor(part: KeyPart): Descriptor {
  if (part.header !== undefined) return { on: 'header', name: part.header.toLowerCase() };
  if (part.cookie !== undefined) return { on: 'cookie', name: part.cookie };
  if (part.queryParameter !== undefined) return { on: 'query', name: part.queryParameter };
  if (part.clientAddress !== undefined) {
    const { ipv4PrefixLength, ipv6PrefixLength } = part.clientAddress;
    return {
      on: 'clientAddress',
      ...(ipv4PrefixLength !== undefined && { ipv4PrefixLength }),
      ...(ipv6PrefixLength !== undefined && { ipv6PrefixLength }),
    };
  }
  if (part.path !== undefined) return { on: 'path' };
  if (part.method !== undefined) return { on: 'method' };
  return part.host === undefined ? { on: 'connection' } : { on: 'host' };
}

/** Either form is whole: rules/cost-form.ts. */
function requestCost(cost: PolicyCost): Cost {
  if (cost.fixed !== undefined) return { fixed: cost.fixed };
  return {
    header: cost.header!.toLowerCase(),
    ...(cost.default !== undefined && { default: cost.default }),
    max: cost.max!,
  };
}

function refusal({
  status,
  body,
  headers = [],
  grpcStatus,
  rateLimitHeaders,
}: PolicyResponse): RefusalResponse {
  const added = headers.filter(({ name }) => !isOwnResponseHeader(name));
  return {
    ...(status !== undefined && { status }),
    ...(body !== undefined && { body }),
    ...(added.length > 0 && {
      headers: added.map(({ name, value }): [string, string] => [name.toLowerCase(), value]),
    }),
    ...(grpcStatus !== undefined && { grpcStatus }),
    ...(rateLimitHeaders !== undefined && { rateLimitHeaders }),
  };
}
