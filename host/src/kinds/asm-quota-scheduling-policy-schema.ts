import type { z } from 'zod';
import {
  duration,
  MIN_FILL_INTERVAL_NANOS,
  marginDuration,
  waitDuration,
} from '../policy/fields/duration.ts';
import { hostPattern, matchedHeaderName, refusalStatus } from '../policy/fields/http.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { priorityNumber, tokenAmount, tokenAmountOrZero, wholeNumber } from '../policy/fields/number.ts';
import { anyText, byShape, flag, list, mapOf, object } from '../policy/fields/object.ts';
import { regularExpression } from '../policy/fields/regular-expression.ts';
import { label } from '../policy/fields/text.ts';
import { labelKey } from './label-key.ts';
import { labelMatcher } from './label-matcher-schema.ts';
import { asmPlacementFields } from './placement.ts';

export const ASM_QUOTA_SCHEDULING_POLICY = {
  group: 'istio.alibabacloud.com',
  versions: ['v1', 'v1beta1'],
  kind: 'QuotaSchedulingPolicy',
} as const;

/** What the module sets aside for the workloads of one scheduler. */
const MAX_WORKLOADS = 64;
/** Bounds on the tree of conditions that selectors and matches become. */
const MAX_SELECTORS = 256;
const MAX_MATCH_REQUESTS = 256;

const rateLimiter = object({
  interval: duration('1 ms', MIN_FILL_INTERVAL_NANOS),
  continuous_fill: flag().optional(),
  delay_initial_fill: flag().optional(),
  limit_by_label_key: labelKey().optional(),
  max_idle_time: duration('1 ms', MIN_FILL_INTERVAL_NANOS).optional(),
  // Without meaning here; rules/asm-lazy-sync.ts warns.
  lazy_sync: object({ enabled: flag().optional(), num_sync: wholeNumber(0).optional() }).optional(),
});

const parameters = object({
  priority: priorityNumber().optional(),
  tokens: tokenAmountOrZero().optional(),
  queue_timeout: waitDuration().optional(),
});
export type AsmWorkloadParameters = z.output<typeof parameters>;

const workload = object({
  name: label().optional(),
  label_matcher: labelMatcher.optional(),
  parameters: parameters.optional(),
});

const selector = object({
  service: hostPattern().optional(),
  control_point: label().optional(),
  label_matcher: labelMatcher.optional(),
  agent_group: label().optional(),
});
export type AsmSelector = z.output<typeof selector>;
const selectors = list(selector, { nonEmpty: true, most: MAX_SELECTORS });

const comparison = object({
  exact: anyText().optional(),
  prefix: label().optional(),
  suffix: label().optional(),
  regex: regularExpression().optional(),
});
/** A text to be equal to, or Istio's StringMatch; rules/exactly-one-field.ts asks for one of its fields. */
const textMatch = byShape((value) =>
  typeof value === 'string' ? anyText().transform((exact): StringMatch => ({ exact })) : comparison,
);
export type StringMatch = z.output<typeof comparison>;
export const STRING_MATCHES = Object.keys(comparison.shape);

const matchRequest = object({
  method: textMatch.optional(),
  path: textMatch.optional(),
  host: textMatch.optional(),
  scheme: textMatch.optional(),
  headers: mapOf(matchedHeaderName(), textMatch).optional(),
});
export type AsmMatchRequest = z.output<typeof matchRequest>;

const quotaScheduler = object({
  bucket_capacity: tokenAmount(),
  fill_amount: tokenAmountOrZero(),
  rate_limiter: rateLimiter,
  scheduler: object({
    workloads: list(workload, { most: MAX_WORKLOADS }).optional(),
    default_workload_parameters: parameters.optional(),
    decision_deadline_margin: marginDuration().optional(),
    denied_response_status_code: refusalStatus().optional(),
    fairness_label_key: labelKey().optional(),
    priority_label_key: labelKey().optional(),
    tokens_label_key: labelKey().optional(),
    workload_label_key: labelKey().optional(),
    // Where the published example has them; a rule warns and names the right place.
    selectors: selectors.optional(),
  }).optional(),
  selectors: selectors.optional(),
  match_requests: list(matchRequest, { most: MAX_MATCH_REQUESTS }).optional(),
});
export type AsmQuotaScheduler = z.output<typeof quotaScheduler>;

export const asmQuotaSchedulingPolicySchema = kubernetesObject(
  ASM_QUOTA_SCHEDULING_POLICY,
  object({
    ...asmPlacementFields,
    quota_scheduler: quotaScheduler,
  }),
);
export type AsmQuotaSchedulingPolicy = z.output<typeof asmQuotaSchedulingPolicySchema>;
