import { circuitBreakerCases } from '../../behaviour/circuit-breaker-cases.ts';
import { nativeHeaderCases } from '../../behaviour/header-mutation-cases.ts';
import { headerPolicyCases } from '../../behaviour/header-policy-cases.ts';
import { quotaCases } from '../../behaviour/quota-cases.ts';
import { rateLimitCases } from '../../behaviour/rate-limit-cases.ts';
import { describeCases, type Place } from '../../behaviour/run-cases.ts';
import { describeHeaderCasesOn } from '../../behaviour/run-header-cases.ts';
import { istioHeaderProxy, istioProxy } from './istio-proxy.ts';
import { useIstioBed } from './use-istio-bed.ts';

/** The tables that run on the simulator and on Envoy alone, with the same expectations, through istiod. */
const bed = useIstioBed();

/**
 * Istio has no host of its own for `host:8123` on port 80: rules that name a port mean that of the virtual host, so what
 * the client wrote behind the host does not get it past them.
 */
const portOfTheVirtualHost =
  'an authority with the port that the policy names is limited with the one without';
const casesOfIstio = rateLimitCases.map((each) =>
  each.name === portOfTheVirtualHost
    ? { ...each, steps: [...each.steps.slice(0, 2), { host: '{host}:8123', times: 4, expect: { 429: 4 } }] }
    : each,
);

const place: Place = {
  name: "Istio's gateway",
  start: (plan, _workers, upstreams, policies) => istioProxy(bed(), plan, upstreams, policies),
  concurrent: true,
};

describeCases('rate limiting', casesOfIstio, [place]);
describeCases('quota scheduling', quotaCases, [place]);
describeCases('circuit breaking', circuitBreakerCases, [place]);
describeHeaderCasesOn(
  [{ name: place.name, start: (plan, policies) => istioHeaderProxy(bed(), plan, policies) }],
  [...nativeHeaderCases, ...headerPolicyCases],
);
