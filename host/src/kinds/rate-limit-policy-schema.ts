import type { z } from 'zod';
import { duration, MIN_FILL_INTERVAL_NANOS, MIN_WINDOW_NANOS } from '../policy/fields/duration.ts';
import { requestHeaderName } from '../policy/fields/http.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { wholeNumber } from '../policy/fields/number.ts';
import { flag, list, object, oneOf } from '../policy/fields/object.ts';
import { ruleName } from '../policy/fields/text.ts';
import { placementFields } from './placement.ts';
import { keyPart, refusalFields, requestMatch, scopedMatch, targetRefList } from './policy-parts-schema.ts';

export const RATE_LIMIT_POLICY = {
  group: 'sluice.dev',
  versions: ['v1alpha1'],
  kind: 'RateLimitPolicy',
} as const;

const MAX_RULES = 1_000;

const limit = object({
  tokenBucket: object({
    maxTokens: wholeNumber(1),
    tokensPerFill: wholeNumber(1).optional(),
    fillInterval: duration('1 ms', MIN_FILL_INTERVAL_NANOS),
  }).optional(),
  slidingWindow: object({
    maxRequests: wholeNumber(1, 2 ** 32 - 1),
    window: duration('16 ms', MIN_WINDOW_NANOS),
  }).optional(),
});
export type PolicyLimit = z.output<typeof limit>;

const cost = object({
  fixed: wholeNumber(1).optional(),
  header: requestHeaderName().optional(),
  default: wholeNumber(1).optional(),
  max: wholeNumber(1).optional(),
});
export type PolicyCost = z.output<typeof cost>;

const response = object({ ...refusalFields, rateLimitHeaders: flag().optional() });
export type PolicyResponse = z.output<typeof response>;

const rule = object({
  name: ruleName(),
  match: scopedMatch.optional(),
  limit,
  overrides: list(object({ match: requestMatch, limit })).optional(),
  key: list(keyPart, { nonEmpty: true }).optional(),
  keyCapacity: wholeNumber(32, 1_048_576).optional(),
  whenKeyMissing: oneOf(['share', 'skip']).optional(),
  cost: cost.optional(),
  shadowMode: flag().optional(),
  response: response.optional(),
});
export type RateLimitPolicyRule = z.output<typeof rule>;

export const rateLimitPolicySchema = kubernetesObject(
  RATE_LIMIT_POLICY,
  object({
    targetRefs: targetRefList.optional(),
    ...placementFields,
    rules: list(rule, { nonEmpty: true, most: MAX_RULES }),
  }),
);
export type RateLimitPolicyObject = z.output<typeof rateLimitPolicySchema>;
