import type { RefusalResponse } from '../plan/plugin-configuration.ts';
import { fieldPattern } from '../policy/field-path.ts';
import { parseDuration } from '../policy/fields/duration.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import { hundredths } from '../policy/fields/number.ts';
import type { BreakerSettings, PolicyCircuitBreaker } from '../policy/policy.ts';
import { asmMatchers } from '../policy/rules/asm-matchers.ts';
import { asmMisplacedFields } from '../policy/rules/asm-misplaced-fields.ts';
import { asmPlacement } from '../policy/rules/asm-placement.ts';
import { asmTargetServices } from '../policy/rules/asm-target-services.ts';
import { breakerConditions } from '../policy/rules/breaker-conditions.ts';
import { notBothFields } from '../policy/rules/not-both-fields.ts';
import { ownResponseHeaders } from '../policy/rules/own-response-headers.ts';
import { responseHeaderSize } from '../policy/rules/response-header-size.ts';
import { uniqueHeaderNames } from '../policy/rules/unique-header-names.ts';
import { uniqueNames } from '../policy/rules/unique-names.ts';
import {
  ASM_CIRCUIT_BREAKER,
  type AsmBreakerConfig,
  type AsmCircuitBreaker,
  type AsmCircuitBreakerConfig,
  asmCircuitBreakerSchema,
} from './asm-circuit-breaker-schema.ts';
import { asmCondition } from './asm-matcher.ts';
import { namesInHeaderMaps } from './asm-response-header-names.ts';
import { type AsmOwner, asmTargets } from './asm-target-service.ts';
import { placementOf } from './placement.ts';
import { definePolicyKind } from './policy-kind.ts';
import { refusal } from './refusal.ts';

const BREAKERS = fieldPattern('spec.configs[].breaker_config');
const RESPONSES = fieldPattern('spec.configs[].breaker_config.custom_response');
const RESPONSE_HEADER_MAPS = ['header_to_add', 'headers_to_add'].map((field) =>
  fieldPattern(`spec.configs[].breaker_config.custom_response.${field}`),
);

const responseHeaderNames = namesInHeaderMaps(RESPONSE_HEADER_MAPS);

/** Alibaba Cloud Service Mesh's circuit breaker; docs/policies/asm-circuit-breaker.md says what each field means here. */
export const asmCircuitBreaker = definePolicyKind<AsmCircuitBreaker>({
  ...ASM_CIRCUIT_BREAKER,
  schema: asmCircuitBreakerSchema,
  rules: [
    uniqueNames(fieldPattern('spec.configs[].name')),
    notBothFields(fieldPattern('spec.configs[]'), 'match', 'target_services'),
    notBothFields(RESPONSES, 'header_to_add', 'headers_to_add'),
    breakerConditions(BREAKERS, {
      conditions: ['error_percent', 'max_slow_requests', 'average_request_rt'],
      slowDuration: 'slow_request_rt',
      slowConditions: ['max_slow_requests'],
    }),
    asmMatchers,
    asmTargetServices,
    asmMisplacedFields,
    asmPlacement,
    uniqueHeaderNames(responseHeaderNames),
    ownResponseHeaders(responseHeaderNames),
    responseHeaderSize(RESPONSE_HEADER_MAPS),
  ],
  toPolicy: ({ metadata, spec }, document) => ({
    placement: placementOf(spec, metadata.namespace ?? DEFAULT_NAMESPACE, document, 'sidecarOutbound'),
    circuitBreakers: spec.configs.flatMap((config, index) =>
      configBreakers(config, index, {
        namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
        name: metadata.name,
        document,
      }),
    ),
  }),
});

function configBreakers(
  config: AsmCircuitBreakerConfig,
  index: number,
  owner: AsmOwner,
): PolicyCircuitBreaker[] {
  const vhost = config.match?.vhost;
  const route = vhost?.route;
  const common = {
    origin: { document: owner.document, path: ['spec', 'configs', index] },
    onlyHosts: [],
    routes: route?.name_match === undefined ? [] : [route.name_match],
    match: (route?.header_match ?? []).map((matcher) => asmCondition('header', matcher)),
    ...breakerSettings(config.breaker_config),
  } satisfies Partial<PolicyCircuitBreaker>;
  return asmTargets(config, index, owner).map((target) => ({ ...target, ...common }));
}

function breakerSettings(config: AsmBreakerConfig): BreakerSettings {
  const nanos = (text: string) => parseDuration(text)!;
  return {
    ...(config.window_size !== undefined && { window: { nanos: nanos(config.window_size) } }),
    ...(config.min_request_amount !== undefined && { minimumCalls: config.min_request_amount }),
    ...(config.error_percent !== undefined && { failureRate: hundredths(config.error_percent.value) }),
    ...(config.max_slow_requests !== undefined && { maxSlowCalls: config.max_slow_requests }),
    ...(config.slow_request_rt !== undefined && { slowCallNanos: nanos(config.slow_request_rt) }),
    ...(config.average_request_rt !== undefined && {
      maxAverageMicros: Math.round(nanos(config.average_request_rt) / 1000),
    }),
    ...(config.break_duration !== undefined && { open: { nanos: nanos(config.break_duration) } }),
    ...customResponse(config.custom_response),
  };
}

function customResponse(response: AsmBreakerConfig['custom_response']): { response?: RefusalResponse } {
  if (response === undefined) return {};
  const headers = Object.entries(response.header_to_add ?? response.headers_to_add ?? {});
  return {
    response: refusal({
      ...(response.status_code !== undefined && { status: response.status_code }),
      ...(response.body !== undefined && { body: response.body }),
      headers: headers.map(([name, value]) => ({ name, value })),
    }),
  };
}
