import type { Upstream } from '../../../host/src/envoy/options.ts';
import type { Plan } from '../../../host/src/plan/plan.ts';
import type { BehaviourProxy, UpstreamOfItsOwn } from '../../behaviour/behaviour-case.ts';
import { createExchange } from '../../behaviour/exchange.ts';
import type { HeaderProxy } from '../../behaviour/header-case.ts';
import { createHeaderClient } from '../../behaviour/header-proxies.ts';
import { startHeaderUpstream } from '../../behaviour/header-upstream.ts';
import { startUpstreams } from '../../behaviour/upstreams.ts';
import type { IstioBed } from './bed/istio-bed.ts';
import { compileToIstio } from './compile-to-istio.ts';
import { applyInForce, remove } from './in-force.ts';
import { trafficDocuments, trafficOf } from './traffic.ts';

/**
 * The gateway of a bed with the policies of all cases, which istiod has told it. A new one: policies of other tables had
 * the same names, and the state of a policy outlives its configuration.
 */
export async function istioProxy(
  bed: IstioBed,
  plan: Plan,
  upstreamsOfTheirOwn: ReadonlyMap<string, UpstreamOfItsOwn>,
  policies: string,
): Promise<BehaviourProxy> {
  const upstreams = await startUpstreams(upstreamsOfTheirOwn);
  const documents = await applyCases(bed, plan, policies, upstreams.shared, upstreams.byHost);
  const exchange = createExchange(bed.gatewayAddress);
  return {
    ...exchange,
    async stop() {
      exchange.close();
      await remove(bed, documents);
      await upstreams.stop();
    },
  };
}

export async function istioHeaderProxy(bed: IstioBed, plan: Plan, policies: string): Promise<HeaderProxy> {
  const upstream = await startHeaderUpstream();
  const documents = await applyCases(bed, plan, policies, upstream.address);
  const client = createHeaderClient(bed.gatewayAddress, upstream);
  return {
    send: client.send,
    async stop() {
      client.close();
      await remove(bed, documents);
      await upstream.stop();
    },
  };
}

async function applyCases(
  bed: IstioBed,
  plan: Plan,
  policies: string,
  shared: Upstream,
  byHost?: ReadonlyMap<string, Upstream>,
): Promise<string> {
  await bed.restartGateway();
  const traffic = trafficDocuments(trafficOf(plan, shared, byHost));
  const filters = await compileToIstio(policies);
  const documents = `${traffic}\n---\n${filters}`;
  await applyInForce(bed, documents);
  return documents;
}
