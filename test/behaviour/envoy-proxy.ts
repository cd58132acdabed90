import { setTimeout as sleep } from 'node:timers/promises';
import type { Upstream } from '../../host/src/envoy/options.ts';
import type { Plan } from '../../host/src/plan/plan.ts';
import type { EnvoyEngine } from '../../host/src/proxy/envoy-engine.ts';
import { findLocalEngine } from '../../host/src/proxy/local-engine.ts';
import { servePlan } from '../../host/src/proxy/serve-plan.ts';
import { sluiceModule } from '../module/modules.ts';
import type { Answer, BehaviourProxy, SentRequest, UpstreamOfItsOwn } from './behaviour-case.ts';
import { createClient } from './client.ts';
import { RECEIVED, SCRIPT, type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts';

/** A port below 1024 that nobody listens on. */
const NOBODY: Upstream = { host: '127.0.0.1', port: 1 };

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
  const upstreams: ScriptedUpstream[] = [];
  const startUpstream = async (): Promise<Upstream> => {
    const started = await startScriptedUpstream();
    upstreams.push(started);
    return started.address;
  };
  const upstream = await startUpstream();
  const upstreamsByHost = new Map<string, Upstream>();
  for (const [host, kind] of upstreamsOfTheirOwn) {
    upstreamsByHost.set(host, kind === 'own' ? await startUpstream() : NOBODY);
  }
  const served = await servePlan(plan, {
    engine,
    modulePath: sluiceModule,
    listen: any,
    admin: any,
    concurrency,
    upstream,
    upstreamsByHost,
    ...(accessLog !== undefined && { accessLog }),
  });
  const client = createClient(served.envoy.listenAddress);
  const send = async (request: SentRequest): Promise<Answer> => {
    const sentAt = performance.now();
    const { status, headers, body } = await client.send({
      ...request,
      headers: { ...request.headers, [SCRIPT]: request.upstream },
    });
    const waitedMillis = performance.now() - sentAt;
    const { [RECEIVED]: received, ...others } = headers;
    return {
      status,
      headers: others,
      body,
      waitedMillis,
      ...(received !== undefined && { received: JSON.parse(received) }),
    };
  };
  return {
    async exchange(requests) {
      const answers: Promise<Answer>[] = [];
      for (const request of requests) {
        if (request.afterMillis > 0) await sleep(request.afterMillis);
        answers.push(send(request));
      }
      return Promise.all(answers);
    },
    wait: (millis) => sleep(millis),
    async stop() {
      client.close();
      await served.stop();
      await Promise.all(upstreams.map((each) => each.stop()));
    },
  };
}
