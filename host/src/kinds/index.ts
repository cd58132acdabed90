import { asmCircuitBreaker } from './asm-circuit-breaker.ts';
import { asmLocalRateLimiter } from './asm-local-rate-limiter.ts';
import { asmQuotaSchedulingPolicy } from './asm-quota-scheduling-policy.ts';
import { circuitBreakerPolicy } from './circuit-breaker-policy.ts';
import { gatewayApiGateway, gatewayClass } from './gateway-api-gateway.ts';
import { gatewayGrpcRoute } from './gateway-api-grpc-route.ts';
import { gatewayHttpRoute } from './gateway-api-http-route.ts';
import { gatewayReferenceGrant } from './gateway-api-reference-grant.ts';
import { headerPolicy } from './header-policy.ts';
import { istioDestinationRule } from './istio-destination-rule.ts';
import { istioGateway } from './istio-gateway.ts';
import { istioServiceEntry } from './istio-service-entry.ts';
import { istioVirtualService } from './istio-virtual-service.ts';
import { knativeIngress } from './knative-ingress.ts';
import type { PolicyKind } from './policy-kind.ts';
import { quotaSchedulingPolicy } from './quota-scheduling-policy.ts';
import { rateLimitPolicy } from './rate-limit-policy.ts';

/** Every kind that is read; all others are named and skipped. */
export const POLICY_KINDS: readonly PolicyKind[] = [
  asmLocalRateLimiter,
  asmQuotaSchedulingPolicy,
  asmCircuitBreaker,
  rateLimitPolicy,
  quotaSchedulingPolicy,
  circuitBreakerPolicy,
  headerPolicy,
  knativeIngress,
  istioGateway,
  istioVirtualService,
  istioDestinationRule,
  istioServiceEntry,
  gatewayClass,
  gatewayApiGateway,
  gatewayHttpRoute,
  gatewayGrpcRoute,
  gatewayReferenceGrant,
];
