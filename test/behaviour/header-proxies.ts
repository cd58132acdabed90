import { Agent, request } from 'node:http';
import type { SocketAddress } from '../../host/src/envoy/options.ts';
import type { Plan } from '../../host/src/plan/plan.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { servePlan } from '../../host/src/proxy/serve-plan.ts';
import { createSimulator } from '../../host/src/simulator/index.ts';
import { sluiceModule } from '../module/modules.ts';
import type { HeaderOutcome, HeaderProxy } from './header-case.ts';
import { type HeaderUpstream, pairsOf, startHeaderUpstream } from './header-upstream.ts';

/** The module in the simulator. */
export function simulatedHeaderProxy(plan: Plan, module = sluiceModule): HeaderProxy {
  const simulator = createSimulator({ module, configuration: plan.plugin });
  return {
    async send(host, { method = 'GET', path = '/', headers = [], answer = {} }) {
      const stream = simulator.request({
        method,
        path,
        authority: host,
        headers,
        properties: { 'request.protocol': 'HTTP/1.1' },
      });
      const { outcome } = stream;
      if (outcome.kind === 'localReply')
        return { status: outcome.status, upstream: undefined, client: outcome.headers };
      if (outcome.kind !== 'admitted') throw new Error(`expected an answer, got ${outcome.kind}`);
      const upstream = stream.requestHeaders();
      const response = stream.respond(answer);
      stream.end();
      return { status: response.status, upstream, client: response.headers };
    },
    stop: async () => {},
  };
}

/** The module in real Envoy, in front of a scripted upstream. */
export async function envoyHeaderProxy(plan: Plan): Promise<HeaderProxy> {
  const any = { host: '127.0.0.1', port: 0 };
  const [envoy, upstream] = await Promise.all([findEnvoy(), startHeaderUpstream()]);
  const served = await servePlan(plan, {
    envoyPath: envoy.path,
    modulePath: sluiceModule,
    listen: any,
    admin: any,
    upstream: upstream.address,
    concurrency: 1,
  });
  const client = createHeaderClient(served.envoy.listenAddress, upstream);
  return {
    send: client.send,
    async stop() {
      client.close();
      await served.stop();
      await upstream.stop();
    },
  };
}

/** Requests of cases through a real proxy to a scripted upstream. */
export function createHeaderClient(
  { host: address, port }: SocketAddress,
  upstream: HeaderUpstream,
): Pick<HeaderProxy, 'send'> & { close(): void } {
  const agent = new Agent({ keepAlive: true });
  let lastId = 0;
  return {
    send(host, { method = 'GET', path = '/', headers = [], answer }) {
      const id = String(lastId++);
      upstream.expect(id, answer);
      return new Promise<HeaderOutcome>((resolve, reject) => {
        const outgoing = request(
          {
            agent,
            host: address,
            port,
            method,
            path,
            setHost: false,
            headers: [['host', host], ['x-test-id', id], ...headers].flat(),
          },
          (incoming) => {
            incoming.resume();
            incoming.on('end', () =>
              resolve({
                status: incoming.statusCode!,
                upstream: upstream.received(id),
                client: pairsOf(incoming),
              }),
            );
          },
        );
        outgoing.on('error', reject);
        outgoing.end();
      });
    },
    close: () => agent.destroy(),
  };
}
