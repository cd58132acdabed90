import type { z } from 'zod';
import { breakerDuration } from '../policy/fields/duration.ts';
import { fallbackStatus, headerValue, refusalBody, responseHeaderName } from '../policy/fields/http.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { percentage, wholeNumber } from '../policy/fields/number.ts';
import { flag, list, mapOf, object } from '../policy/fields/object.ts';
import { label } from '../policy/fields/text.ts';
import { asmMatch, targetService } from './asm-local-rate-limiter-schema.ts';
import { asmPlacementFields, workloadSelector } from './placement.ts';

export const ASM_CIRCUIT_BREAKER = {
  group: 'istio.alibabacloud.com',
  versions: ['v1', 'v1beta1'],
  kind: 'ASMCircuitBreaker',
} as const;

const MAX_CALLS = 1_000_000_000;

const breakerConfig = object({
  window_size: breakerDuration('100 ms', 1e8).optional(),
  break_duration: breakerDuration().optional(),
  slow_request_rt: breakerDuration().optional(),
  max_slow_requests: wholeNumber(0, MAX_CALLS).optional(),
  error_percent: object({ value: percentage(0.01) }).optional(),
  average_request_rt: breakerDuration().optional(),
  min_request_amount: wholeNumber(0, MAX_CALLS).optional(),
  custom_response: object({
    status_code: fallbackStatus().optional(),
    header_to_add: mapOf(responseHeaderName(), headerValue()).optional(),
    headers_to_add: mapOf(responseHeaderName(), headerValue()).optional(),
    body: refusalBody().optional(),
  }).optional(),
});
export type AsmBreakerConfig = z.output<typeof breakerConfig>;

const config = object({
  name: label().optional(),
  match: asmMatch.optional(),
  target_services: list(targetService, { nonEmpty: true }).optional(),
  breaker_config: breakerConfig,
  // Where the published example has it; a rule warns and names the right place.
  isGateway: flag().optional(),
  workloadSelector: workloadSelector.optional(),
});
export type AsmCircuitBreakerConfig = z.output<typeof config>;

export const asmCircuitBreakerSchema = kubernetesObject(
  ASM_CIRCUIT_BREAKER,
  object({
    ...asmPlacementFields,
    configs: list(config, { nonEmpty: true }),
  }),
);
export type AsmCircuitBreaker = z.output<typeof asmCircuitBreakerSchema>;
