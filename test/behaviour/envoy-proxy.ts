import type { Plan } from '../../host/src/plan/plan.ts';
import type { EnvoyEngine } from '../../host/src/proxy/envoy-engine.ts';
import { findLocalEngine } from '../../host/src/proxy/local-engine.ts';
import { servePlan } from '../../host/src/proxy/serve-plan.ts';
import { sluiceModule } from '../module/modules.ts';
import type { BehaviourProxy, UpstreamOfItsOwn } from './behaviour-case.ts';
import { createExchange } from './exchange.ts';
import { startUpstreams } from './upstreams.ts';

type StartProxy = (
  plan: Plan,
  concurrency: number,
  upstreamsOfTheirOwn: ReadonlyMap<string, UpstreamOfItsOwn>,
) => Promise<BehaviourProxy>;

/** The module in real Envoy, in front of one upstream for all and those that hosts have of their own. */
export const envoyProxy: StartProxy = envoyProxyOn(async () => (await findLocalEngine({})).engine);

/** The same on an engine, with an access log. */
export function envoyProxyOn(findEngine: () => Promise<EnvoyEngine>, accessLog?: string): StartProxy {
  return async (...of) => startProxy(await findEngine(), accessLog, ...of);
}

async function startProxy(
  engine: EnvoyEngine,
  accessLog: string | undefined,
  plan: Plan,
  concurrency: number,
  upstreamsOfTheirOwn: ReadonlyMap<string, UpstreamOfItsOwn>,
): Promise<BehaviourProxy> {
  const any = { host: '127.0.0.1', port: 0 };
  const upstreams = await startUpstreams(upstreamsOfTheirOwn);
  const served = await servePlan(plan, {
    engine,
    modulePath: sluiceModule,
    listen: any,
    admin: any,
    concurrency,
    upstream: upstreams.shared,
    upstreamsByHost: upstreams.byHost,
    ...(accessLog !== undefined && { accessLog }),
  });
  const exchange = createExchange(served.envoy.listenAddress);
  return {
    ...exchange,
    async stop() {
      exchange.close();
      await served.stop();
      await upstreams.stop();
    },
  };
}
