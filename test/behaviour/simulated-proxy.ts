import type { Plan } from '../../host/src/plan/plan.ts';
import { createSimulator, type Simulator, type Stream } from '../../host/src/simulator/index.ts';
import { sluiceModule } from '../module/modules.ts';
import { type Answer, type BehaviourCase, type BehaviourProxy, hostOf } from './behaviour-case.ts';
import { scriptHeader, type UpstreamScript } from './scripted-upstream.ts';

/** The module in the simulator. Routes are chosen as the plan's virtual hosts say. */
export function simulatedProxy(plan: Plan, workers: number, cases: readonly BehaviourCase[]): BehaviourProxy {
  const unreachable = new Set(
    cases.flatMap(({ noUpstream }, index) => (noUpstream === true ? [hostOf(index)] : [])),
  );
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
      play(unreachable.has(host) ? 'refuse' : String(headers[scriptHeader] ?? 'ok'), stream, simulator);
      return answerOf(stream);
    },
    wait: async (millis) => simulator.advanceMillis(millis),
    stop: async () => {},
  };
}

function routeOf(plan: Plan, authority: string): string | undefined {
  const host = authority.toLowerCase().replace(/:\d+$/, '');
  return plan.virtualHosts.find(({ domains }) => domains.includes(host))?.routes.at(-1)?.name;
}

/** What the scripted upstream does, and Envoy makes of it. */
function play(script: UpstreamScript, stream: Stream, simulator: Simulator): void {
  const [word, number, alone] = script.split(' ');
  switch (word) {
    case 'refuse':
      stream.fail('connectFailure');
      return;
    case 'hang':
      stream.fail('timeout');
      return;
    case 'reset':
      if (number === 'late') stream.respond({ body: 'x' });
      stream.fail('reset');
      return;
    case 'slow':
      simulator.advanceMillis(Number(number));
      stream.respond({ body: 'late' });
      break;
    case 'grpc':
      if (alone === undefined) stream.respond({ body: '12345', trailers: { 'grpc-status': number! } });
      else stream.respond({ headers: { 'grpc-status': number! } });
      break;
    default:
      stream.respond({ status: word === 'status' ? Number(number) : 200, body: 'answer' });
  }
  stream.end();
}

function answerOf(stream: Stream): Answer {
  const { status, headers, body } = stream.response()!;
  return { status, headers: Object.fromEntries(headers), body };
}
