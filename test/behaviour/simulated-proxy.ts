import type { Plan } from '../../host/src/plan/plan.ts';
import { createSimulator } from '../../host/src/simulator/index.ts';
import { sluiceModule } from '../module/modules.ts';
import type { BehaviourProxy } from './behaviour-case.ts';

/** The module in the simulator. Routes are chosen as the plan's virtual hosts say. */
export function simulatedProxy(plan: Plan, workers: number): BehaviourProxy {
  const simulator = createSimulator({ module: sluiceModule, configuration: plan.plugin, workers });
  const connections = new Map<string, number>();
  return {
    async send({ method, path, headers, host, from, connection }) {
      if (!connections.has(connection)) connections.set(connection, connections.size + 1);
      const connectionId = connections.get(connection)!;
      const pairs = Object.entries(headers).flatMap(([name, value]) =>
        [value].flat().map((each): [string, string] => [name.toLowerCase(), each]),
      );
      const routeName = routeOf(plan, host);
      const stream = simulator.request({
        worker: connectionId % workers,
        method,
        path,
        authority: host,
        headers: pairs,
        connectionId,
        sourceAddress: `${from}:40000`,
        ...(routeName !== undefined && { routeName }),
      });
      const { outcome } = stream;
      if (outcome.kind === 'localReply') {
        return { status: outcome.status, headers: Object.fromEntries(outcome.headers), body: outcome.body };
      }
      if (outcome.kind !== 'admitted') throw new Error(`expected an answer, got ${outcome.kind}`);
      const response = stream.respond();
      stream.end();
      return { status: response.status, headers: Object.fromEntries(response.headers), body: response.body };
    },
    wait: async (millis) => simulator.advanceMillis(millis),
    stop: async () => {},
  };
}

function routeOf(plan: Plan, authority: string): string | undefined {
  const host = authority.toLowerCase().replace(/:\d+$/, '');
  return plan.virtualHosts.find(({ domains }) => domains.includes(host))?.routes.at(-1)?.name;
}
