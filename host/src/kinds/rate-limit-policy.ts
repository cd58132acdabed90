import type { Cost, Limit, RefusalResponse } from '../plan/plugin-configuration.ts';
import { fieldPattern, findFields } from '../policy/field-path.ts';
import { parseDuration } from '../policy/fields/duration.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import type { PolicyRateLimit } from '../policy/policy.ts';
import { costForm } from '../policy/rules/cost-form.ts';
import { costWithinLimit } from '../policy/rules/cost-within-limit.ts';
import { exactlyOneField } from '../policy/rules/exactly-one-field.ts';
import { hostsWithinTargets } from '../policy/rules/hosts-within-targets.ts';
import { ignoreCaseNeedsText } from '../policy/rules/ignore-case-needs-text.ts';
import { optionsNeedField } from '../policy/rules/options-need-field.ts';
import { overrideConditions } from '../policy/rules/override-conditions.ts';
import { ownResponseHeaders } from '../policy/rules/own-response-headers.ts';
import { responseHeaderSize } from '../policy/rules/response-header-size.ts';
import { targetRefs } from '../policy/rules/target-refs.ts';
import { uniqueNames } from '../policy/rules/unique-names.ts';
import { descriptor } from './key-part.ts';
import { placementOf } from './placement.ts';
import { definePolicyKind } from './policy-kind.ts';
import { COMPARISONS, KEY_PARTS } from './policy-parts-schema.ts';
import {
  type PolicyCost,
  type PolicyLimit,
  type PolicyResponse,
  RATE_LIMIT_POLICY,
  type RateLimitPolicyObject,
  type RateLimitPolicyRule,
  rateLimitPolicySchema,
} from './rate-limit-policy-schema.ts';
import { refusal } from './refusal.ts';
import { requestConditions } from './request-match.ts';
import { hostTargets } from './target-hosts.ts';

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
    hostsWithinTargets(fieldPattern('spec.rules[].match.hosts[]')),
    exactlyOneField(
      [fieldPattern('spec.rules[].limit'), fieldPattern('spec.rules[].overrides[].limit')],
      ['tokenBucket', 'slidingWindow'],
    ),
    exactlyOneField([fieldPattern('spec.rules[].key[]')], KEY_PARTS),
    exactlyOneField(matchesOf('path'), COMPARISONS),
    exactlyOneField(NAMED_MATCHERS, [...COMPARISONS, 'present']),
    ignoreCaseNeedsText(NAMED_MATCHERS),
    overrideConditions,
    optionsNeedField(fieldPattern('spec.rules[]'), ['keyCapacity', 'whenKeyMissing'], 'key'),
    costForm(fieldPattern('spec.rules[].cost')),
    costWithinLimit(fieldPattern('spec.rules[]')),
    ownResponseHeaders((value) => findFields(value, RESPONSE_HEADER_NAMES)),
    responseHeaderSize([RESPONSE_HEADERS]),
  ],
  toPolicy: ({ metadata, spec }, document) => {
    const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
    const targets = hostTargets(spec.targetRefs ?? [], namespace, document);
    return {
      placement: placementOf(spec, namespace, document, 'gateway'),
      rateLimits: spec.rules.map((rule, index) => ({
        name: `${namespace}/${metadata.name}/${rule.name}`,
        origin: { document, path: ['spec', 'rules', index] },
        targets,
        ...policyRule(rule),
      })),
    };
  },
});

function policyRule(rule: RateLimitPolicyRule): Omit<PolicyRateLimit, 'name' | 'origin' | 'targets'> {
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
    ...(rule.response !== undefined && { response: response(rule.response) }),
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

/** Either form is whole: rules/cost-form.ts. */
function requestCost(cost: PolicyCost): Cost {
  if (cost.fixed !== undefined) return { fixed: cost.fixed };
  return {
    header: cost.header!.toLowerCase(),
    ...(cost.default !== undefined && { default: cost.default }),
    max: cost.max!,
  };
}

function response({ rateLimitHeaders, ...answer }: PolicyResponse): RefusalResponse {
  return { ...refusal(answer), ...(rateLimitHeaders !== undefined && { rateLimitHeaders }) };
}
