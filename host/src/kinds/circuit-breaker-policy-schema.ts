import type { z } from 'zod';
import { breakerDuration } from '../policy/fields/duration.ts';
import { fallbackStatus, statusRange } from '../policy/fields/http.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { growthFactor, percentage, wholeNumber } from '../policy/fields/number.ts';
import { flag, list, object, oneOf } from '../policy/fields/object.ts';
import { ruleName } from '../policy/fields/text.ts';
import { placementFields } from './placement.ts';
import { keyPart, refusalFields, scopedMatch, targetRefList } from './policy-parts-schema.ts';

export const CIRCUIT_BREAKER_POLICY = {
  group: 'sluice.dev',
  versions: ['v1alpha1'],
  kind: 'CircuitBreakerPolicy',
} as const;

const MAX_BREAKERS = 1_000;
const MAX_CALLS = 1_000_000_000;
/** As many calls as the module marks one by one. */
const MAX_WINDOW_CALLS = 1_000;
const MAX_PROBES = 32;

const breaker = object({
  name: ruleName(),
  match: scopedMatch.optional(),
  key: list(keyPart, { nonEmpty: true }).optional(),
  keyCapacity: wholeNumber(4, 4_096).optional(),
  whenKeyMissing: oneOf(['share', 'skip']).optional(),
  mode: oneOf(['automatic', 'forcedOpen', 'forcedClosed', 'disabled', 'metricsOnly']).optional(),
  window: object({
    time: breakerDuration('100 ms', 1e8).optional(),
    calls: wholeNumber(1, MAX_WINDOW_CALLS).optional(),
  }).optional(),
  minimumCalls: wholeNumber(0, MAX_CALLS).optional(),
  failureRate: percentage(0.01).optional(),
  slowCallRate: percentage(0.01).optional(),
  maxSlowCalls: wholeNumber(0, MAX_CALLS).optional(),
  slowCallDuration: breakerDuration().optional(),
  maxAverageDuration: breakerDuration().optional(),
  consecutiveFailures: wholeNumber(1, MAX_CALLS).optional(),
  measure: oneOf(['responseHeaders', 'responseEnd']).optional(),
  failures: object({
    statuses: list(statusRange()).optional(),
    grpcStatuses: list(wholeNumber(1, 16)).optional(),
    connectFailures: flag().optional(),
    resets: flag().optional(),
    timeouts: flag().optional(),
  }).optional(),
  open: object({
    duration: breakerDuration().optional(),
    backoffFactor: growthFactor().optional(),
    maxDuration: breakerDuration().optional(),
    jitter: percentage(0).optional(),
  }).optional(),
  halfOpen: object({
    probes: wholeNumber(1, MAX_PROBES).optional(),
    probeTimeout: breakerDuration().optional(),
  }).optional(),
  response: object({ ...refusalFields, status: fallbackStatus().optional() }).optional(),
});
export type PolicyBreaker = z.output<typeof breaker>;

export const circuitBreakerPolicySchema = kubernetesObject(
  CIRCUIT_BREAKER_POLICY,
  object({
    targetRefs: targetRefList.optional(),
    ...placementFields,
    breakers: list(breaker, { nonEmpty: true, most: MAX_BREAKERS }),
  }),
);
export type CircuitBreakerPolicyObject = z.output<typeof circuitBreakerPolicySchema>;
