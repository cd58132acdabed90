import type { z } from 'zod';
import {
  isInterval,
  MAX_INTERVAL_NANOS,
  MIN_FILL_INTERVAL_NANOS,
  protobufDurationNanos,
} from '../policy/fields/duration.ts';
import {
  headerValue,
  hostPattern,
  matchedHeaderName,
  refusalBody,
  refusalStatus,
  responseHeaderName,
} from '../policy/fields/http.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { portNumber, wholeNumber } from '../policy/fields/number.ts';
import { anyText, flag, list, mapOf, object, oneOf } from '../policy/fields/object.ts';
import { regularExpression } from '../policy/fields/regular-expression.ts';
import { label, namespaceName, objectName } from '../policy/fields/text.ts';
import { asmPlacementFields, workloadSelector } from './placement.ts';

export const ASM_LOCAL_RATE_LIMITER = {
  group: 'istio.alibabacloud.com',
  versions: ['v1', 'v1beta1'],
  kind: 'ASMLocalRateLimiter',
} as const;

const MAX_SECONDS = MAX_INTERVAL_NANOS / 1e9;

/** `google.protobuf.Duration` as a map. */
const fillInterval = object({
  seconds: wholeNumber(0, MAX_SECONDS).optional(),
  nanos: wholeNumber(0, 999_999_999).optional(),
}).superRefine((interval, context) => {
  if (isInterval(protobufDurationNanos(interval), MIN_FILL_INTERVAL_NANOS)) return;
  const written = `${interval.seconds ?? 0} s and ${interval.nanos ?? 0} ns`;
  const statement = `expected 1 ms to 366 days, got ${written}`;
  context.addIssue({ code: 'custom', message: statement, params: { statement } });
});

const limitFields = { fill_interval: fillInterval, quota: wholeNumber(1) };

const limit = object({
  ...limitFields,
  per_downstream_connection: flag().optional(),
  custom_response_body: refusalBody().optional(),
  response_header_to_add: mapOf(responseHeaderName(), headerValue()).optional(),
  response_headers_to_add: mapOf(responseHeaderName(), headerValue()).optional(),
  status: refusalStatus().optional(),
});

function matcher(name: z.ZodType<string, string>) {
  return object({
    name,
    exact_match: anyText().optional(),
    is_exact_match_empty: flag().optional(),
    prefix_match: label().optional(),
    suffix_match: label().optional(),
    regex_match: regularExpression().optional(),
    present_match: flag().optional(),
    invert_match: flag().optional(),
  });
}

const headerMatcher = matcher(matchedHeaderName());
const queryMatcher = matcher(label());
export type AsmMatcher = z.output<typeof headerMatcher>;

export const targetService = object({
  group: anyText().optional(),
  kind: oneOf(['Service', 'ServiceEntry', 'VirtualService']).optional(),
  name: objectName(),
  namespace: namespaceName().optional(),
  port: portNumber().optional(),
  section_name: anyText().optional(),
});
export type AsmTargetService = z.output<typeof targetService>;

/** Which requests a config of ASM is for. */
export const asmMatch = object({
  vhost: object({
    name: hostPattern('match.vhost.port').optional(),
    port: portNumber().optional(),
    route: object({
      name_match: label().optional(),
      header_match: list(headerMatcher).optional(),
    }).optional(),
  }).optional(),
});

const config = object({
  name: label().optional(),
  match: asmMatch.optional(),
  target_services: list(targetService, { nonEmpty: true }).optional(),
  limit,
  limit_overrides: list(
    object({
      request_match: object({
        header_match: list(headerMatcher).optional(),
        query_match: list(queryMatcher).optional(),
      }),
      limit: object(limitFields),
    }),
  ).optional(),
  // Where two published examples have them; a rule warns and names the right place.
  isGateway: flag().optional(),
  workloadSelector: workloadSelector.optional(),
});
export type AsmRateLimitConfig = z.output<typeof config>;

export const asmLocalRateLimiterSchema = kubernetesObject(
  ASM_LOCAL_RATE_LIMITER,
  object({
    ...asmPlacementFields,
    configs: list(config, { nonEmpty: true }),
  }),
);
export type AsmLocalRateLimiter = z.output<typeof asmLocalRateLimiterSchema>;
