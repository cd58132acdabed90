import { circuitBreakerCases } from '../../behaviour/circuit-breaker-cases.ts';
import { nativeHeaderCases } from '../../behaviour/header-mutation-cases.ts';
import { headerPolicyCases } from '../../behaviour/header-policy-cases.ts';
import { quotaCases } from '../../behaviour/quota-cases.ts';
import { rateLimitCases } from '../../behaviour/rate-limit-cases.ts';
import { describeCasesOn, type Place } from '../../behaviour/run-cases.ts';
import { describeHeaderCasesOn } from '../../behaviour/run-header-cases.ts';
import { istioHeaderProxy, istioProxy } from './istio-proxy.ts';
import { useIstioBed } from './use-istio-bed.ts';

/** The tables that run on the simulator and on Envoy alone, with the same expectations, through istiod. */
const bed = useIstioBed();

const place: Place = {
  name: "Istio's gateway",
  start: (plan, _workers, upstreams, policies) => istioProxy(bed(), plan, upstreams, policies),
  concurrent: true,
};

describeCasesOn([place], 'rate limiting', rateLimitCases);
describeCasesOn([place], 'quota scheduling', quotaCases);
describeCasesOn([place], 'circuit breaking', circuitBreakerCases);
describeHeaderCasesOn(
  [{ name: place.name, start: (plan, policies) => istioHeaderProxy(bed(), plan, policies) }],
  [...nativeHeaderCases, ...headerPolicyCases],
);
