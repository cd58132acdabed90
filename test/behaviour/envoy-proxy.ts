import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Upstream } from '../../host/src/envoy/options.ts';
import type { Plan } from '../../host/src/plan/plan.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { servePlan } from '../../host/src/proxy/serve-plan.ts';
import { sluiceModule } from '../module/modules.ts';
import { type Answer, type BehaviourCase, type BehaviourProxy, hostOf } from './behaviour-case.ts';
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts';

/** The module in real Envoy, in front of an upstream that does what the cases say. */
export async function envoyProxy(
  plan: Plan,
  concurrency: number,
  cases: readonly BehaviourCase[],
): Promise<BehaviourProxy> {
  const upstream = await startScriptedUpstream();
  const any = { host: '127.0.0.1', port: 0 };
  const envoy = await findEnvoy();
  const served = await servePlan(plan, {
    envoyPath: envoy.path,
    modulePath: sluiceModule,
    listen: any,
    admin: any,
    concurrency,
    upstream: upstream.address,
    upstreamsByHost: new Map(upstreamsOf(cases, upstream)),
  });
  const { host: address, port } = served.envoy.listenAddress;
  const agents = new Map<string, Agent>();
  const agentOf = (connection: string): Agent => {
    if (!agents.has(connection)) agents.set(connection, new Agent({ keepAlive: true, maxSockets: 1 }));
    return agents.get(connection)!;
  };
  return {
    send: ({ method, path, headers, host, from, connection }) =>
      new Promise<Answer>((resolve, reject) => {
        const outgoing = request(
          {
            agent: agentOf(`${connection} ${from}`),
            host: address,
            port,
            localAddress: from,
            method,
            path,
            headers: { ...headers, host },
          },
          (incoming) => {
            let body = '';
            incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
            incoming.on('end', () => {
              const received = Object.entries(incoming.headers).map(([name, value]) => [
                name,
                [value].flat().join(','),
              ]);
              resolve({ status: incoming.statusCode!, headers: Object.fromEntries(received), body });
            });
          },
        );
        outgoing.on('error', reject);
        outgoing.end();
      }),
    wait: (millis) => sleep(millis),
    async stop() {
      for (const agent of agents.values()) agent.destroy();
      await served.stop();
      await upstream.stop();
    },
  };
}

/** A port below 1024 that nobody listens on. */
const closedPort = 1;

function upstreamsOf(
  cases: readonly BehaviourCase[],
  { address, http2Address }: ScriptedUpstream,
): [string, Upstream][] {
  return cases.flatMap(({ http2Upstream, noUpstream }, index): [string, Upstream][] => {
    if (noUpstream === true) return [[hostOf(index), { ...address, port: closedPort }]];
    return http2Upstream === true ? [[hostOf(index), { ...http2Address, protocol: 'h2c' }]] : [];
  });
}
