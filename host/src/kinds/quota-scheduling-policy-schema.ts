import type { z } from 'zod';
import {
  duration,
  MIN_FILL_INTERVAL_NANOS,
  marginDuration,
  waitDuration,
} from '../policy/fields/duration.ts';
import { requestHeaderName } from '../policy/fields/http.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { priorityNumber, tokenAmount, tokenAmountOrZero, wholeNumber } from '../policy/fields/number.ts';
import { flag, list, object } from '../policy/fields/object.ts';
import { ruleName } from '../policy/fields/text.ts';
import { placementFields } from './placement.ts';
import {
  keyPart,
  refusalFields,
  requestMatch,
  scopedMatch,
  targetRefList,
  valuePart,
} from './policy-parts-schema.ts';

export const QUOTA_SCHEDULING_POLICY = {
  group: 'sluice.dev',
  versions: ['v1alpha1'],
  kind: 'QuotaSchedulingPolicy',
} as const;

/** What the module sets aside for the workloads of one scheduler. */
const MAX_WORKLOADS = 64;
const MAX_QUEUE_CAPACITY = 100_000;

const quota = object({
  capacity: tokenAmount(),
  fillAmount: tokenAmountOrZero().optional(),
  fillInterval: duration('1 ms', MIN_FILL_INTERVAL_NANOS),
  continuousFill: flag().optional(),
  delayInitialFill: flag().optional(),
});
export type PolicyQuota = z.output<typeof quota>;

const parameters = {
  priority: priorityNumber().optional(),
  tokens: tokenAmountOrZero().optional(),
  queueTimeout: waitDuration().optional(),
  queueCapacity: wholeNumber(1, MAX_QUEUE_CAPACITY).optional(),
  strict: flag().optional(),
  floor: tokenAmount().optional(),
  cap: tokenAmount().optional(),
};
const defaultWorkload = object(parameters);
export type QuotaWorkloadParameters = z.output<typeof defaultWorkload>;

export const quotaSchedulingPolicySchema = kubernetesObject(
  QUOTA_SCHEDULING_POLICY,
  object({
    targetRefs: targetRefList.optional(),
    ...placementFields,
    match: scopedMatch.optional(),
    quota,
    limitBy: list(keyPart, { nonEmpty: true }).optional(),
    keyCapacity: wholeNumber(1, 4_096).optional(),
    maxIdleTime: duration('1 ms', MIN_FILL_INTERVAL_NANOS).optional(),
    workloads: list(object({ name: ruleName(), match: requestMatch.optional(), ...parameters }), {
      most: MAX_WORKLOADS,
    }).optional(),
    defaultWorkload: defaultWorkload.optional(),
    workloadFrom: list(valuePart, { nonEmpty: true }).optional(),
    fairnessBy: list(keyPart, { nonEmpty: true }).optional(),
    fairnessCapacity: wholeNumber(1, 256).optional(),
    tokensFrom: list(valuePart, { nonEmpty: true }).optional(),
    priorityFrom: list(valuePart, { nonEmpty: true }).optional(),
    queueCapacity: wholeNumber(1, MAX_QUEUE_CAPACITY).optional(),
    requestTimeout: waitDuration().optional(),
    deadlineMargin: marginDuration().optional(),
    deadlineHeader: requestHeaderName().optional(),
    strictAgeing: waitDuration().optional(),
    response: object(refusalFields).optional(),
    shadowMode: flag().optional(),
  }),
);
export type QuotaSchedulingPolicyObject = z.output<typeof quotaSchedulingPolicySchema>;
