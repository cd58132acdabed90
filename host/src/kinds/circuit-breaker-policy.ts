import type { FailureConditions } from '../plan/plugin-configuration.ts';
import { fieldOf, fieldPattern, findFields } from '../policy/field-path.ts';
import { parseDuration } from '../policy/fields/duration.ts';
import { parseStatusRange } from '../policy/fields/http.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import { hundredths, thousandths } from '../policy/fields/number.ts';
import type { BreakerSettings } from '../policy/policy.ts';
import { breakerConditions } from '../policy/rules/breaker-conditions.ts';
import { breakerWindows } from '../policy/rules/breaker-windows.ts';
import { exactlyOneField } from '../policy/rules/exactly-one-field.ts';
import { hostsWithinTargets } from '../policy/rules/hosts-within-targets.ts';
import { ignoreCaseNeedsText } from '../policy/rules/ignore-case-needs-text.ts';
import { optionsNeedField } from '../policy/rules/options-need-field.ts';
import { ownResponseHeaders } from '../policy/rules/own-response-headers.ts';
import { responseHeaderSize } from '../policy/rules/response-header-size.ts';
import { targetRefs } from '../policy/rules/target-refs.ts';
import { uniqueNames } from '../policy/rules/unique-names.ts';
import {
  CIRCUIT_BREAKER_POLICY,
  type CircuitBreakerPolicyObject,
  circuitBreakerPolicySchema,
  type PolicyBreaker,
} from './circuit-breaker-policy-schema.ts';
import { descriptor } from './key-part.ts';
import { placementOf } from './placement.ts';
import { definePolicyKind } from './policy-kind.ts';
import { COMPARISONS, KEY_PARTS } from './policy-parts-schema.ts';
import { refusal } from './refusal.ts';
import { requestConditions } from './request-match.ts';
import { hostTargets } from './target-hosts.ts';

const BREAKERS = fieldPattern('spec.breakers[]');
const matcher = (part: string) => fieldPattern(`spec.breakers[].match.${part}`);
const NAMED_MATCHERS = ['headers[]', 'queryParameters[]', 'cookies[]'].map(matcher);
const RESPONSE_HEADER_NAMES = fieldPattern('spec.breakers[].response.headers[].name');
const FORCED = ['forcedOpen', 'forcedClosed', 'disabled'];

/** Sluice's own circuit breaking; docs/policies/circuit-breaker-policy.md says what each field means. */
export const circuitBreakerPolicy = definePolicyKind<CircuitBreakerPolicyObject>({
  ...CIRCUIT_BREAKER_POLICY,
  schema: circuitBreakerPolicySchema,
  rules: [
    uniqueNames(fieldPattern('spec.breakers[].name')),
    targetRefs,
    hostsWithinTargets(matcher('hosts[]')),
    exactlyOneField([fieldPattern('spec.breakers[].key[]')], KEY_PARTS),
    exactlyOneField([matcher('path')], COMPARISONS),
    exactlyOneField(NAMED_MATCHERS, [...COMPARISONS, 'present']),
    ignoreCaseNeedsText(NAMED_MATCHERS),
    optionsNeedField(BREAKERS, ['keyCapacity', 'whenKeyMissing'], 'key'),
    breakerConditions(BREAKERS, {
      conditions: [
        'failureRate',
        'slowCallRate',
        'maxSlowCalls',
        'maxAverageDuration',
        'consecutiveFailures',
      ],
      slowDuration: 'slowCallDuration',
      slowConditions: ['slowCallRate', 'maxSlowCalls'],
      isForced: (breaker) => FORCED.includes(String(fieldOf(breaker, 'mode'))),
    }),
    breakerWindows(BREAKERS),
    ownResponseHeaders((value) => findFields(value, RESPONSE_HEADER_NAMES)),
    responseHeaderSize([fieldPattern('spec.breakers[].response.headers')]),
  ],
  toPolicy: ({ metadata, spec }, document) => {
    const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
    const targets = hostTargets(spec.targetRefs ?? [], namespace, document);
    return {
      placement: placementOf(spec, namespace, document, 'gateway'),
      circuitBreakers: spec.breakers.map((breaker, index) => {
        const { hosts = [], routes = [], ...conditions } = breaker.match ?? {};
        return {
          name: `${namespace}/${metadata.name}/${breaker.name}`,
          origin: { document, path: ['spec', 'breakers', index] },
          targets,
          onlyHosts: hosts.map((host) => host.toLowerCase()),
          ports: [],
          routes,
          match: requestConditions(conditions),
          ...whoIsWatched(breaker),
          ...whatOpens(breaker),
          ...whatFollows(breaker),
        };
      }),
    };
  },
});

function whoIsWatched(breaker: PolicyBreaker): BreakerSettings {
  const { key, keyCapacity, whenKeyMissing, mode } = breaker;
  return {
    ...(mode !== undefined && { mode }),
    ...(key !== undefined && { key: key.map(descriptor) }),
    ...(keyCapacity !== undefined && { keyCapacity }),
    ...(whenKeyMissing !== undefined && { whenKeyMissing }),
  };
}

function whatOpens(breaker: PolicyBreaker): BreakerSettings {
  const { window, minimumCalls, failureRate, slowCallRate, maxSlowCalls, slowCallDuration } = breaker;
  const { maxAverageDuration, consecutiveFailures, measure, failures } = breaker;
  return {
    ...(window !== undefined && {
      window: window.time === undefined ? { calls: window.calls! } : { nanos: nanos(window.time) },
    }),
    ...(minimumCalls !== undefined && { minimumCalls }),
    ...(failureRate !== undefined && { failureRate: hundredths(failureRate) }),
    ...(slowCallRate !== undefined && { slowCallRate: hundredths(slowCallRate) }),
    ...(maxSlowCalls !== undefined && { maxSlowCalls }),
    ...(slowCallDuration !== undefined && { slowCallNanos: nanos(slowCallDuration) }),
    ...(maxAverageDuration !== undefined && {
      maxAverageMicros: Math.round(nanos(maxAverageDuration) / 1000),
    }),
    ...(consecutiveFailures !== undefined && { consecutiveFailures }),
    ...(measure !== undefined && { measure }),
    ...(failures !== undefined && { failures: failureConditions(failures) }),
  };
}

function failureConditions({
  statuses,
  grpcStatuses,
  connectFailures,
  resets,
  timeouts,
}: NonNullable<PolicyBreaker['failures']>): FailureConditions {
  return {
    ...(statuses !== undefined && { statuses: statuses.map((range) => parseStatusRange(range)!) }),
    ...(grpcStatuses !== undefined && { grpcStatuses }),
    ...(connectFailures !== undefined && { connectFailures }),
    ...(resets !== undefined && { resets }),
    ...(timeouts !== undefined && { timeouts }),
  };
}

function whatFollows({ open, halfOpen, response }: PolicyBreaker): BreakerSettings {
  return {
    ...(open !== undefined && {
      open: {
        ...(open.duration !== undefined && { nanos: nanos(open.duration) }),
        ...(open.backoffFactor !== undefined && { backoffThousandths: thousandths(open.backoffFactor) }),
        ...(open.maxDuration !== undefined && { maxNanos: nanos(open.maxDuration) }),
        ...(open.jitter !== undefined && { jitter: hundredths(open.jitter) }),
      },
    }),
    ...(halfOpen !== undefined && {
      halfOpen: {
        ...(halfOpen.probes !== undefined && { probes: halfOpen.probes }),
        ...(halfOpen.probeTimeout !== undefined && { probeNanos: nanos(halfOpen.probeTimeout) }),
      },
    }),
    ...(response !== undefined && { response: refusal(response) }),
  };
}

function nanos(duration: string): number {
  return parseDuration(duration)!;
}
