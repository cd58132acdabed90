import type { Plan } from '../../host/src/plan/plan.ts';
import { createSimulator, type Stream } from '../../host/src/simulator/index.ts';
import { sluiceModule } from '../module/modules.ts';
import type { Answer, BehaviourProxy, SentRequest } from './behaviour-case.ts';
import { hashOf } from './request-body.ts';

const NANOS_PER_MILLI = 1_000_000;
const nanosOf = (millis: number) => BigInt(Math.round(millis * NANOS_PER_MILLI));

/** The module in the simulator. Routes are chosen as the plan's virtual hosts say. */
export function simulatedProxy(plan: Plan, workers: number): BehaviourProxy {
  const simulator = createSimulator({ module: sluiceModule, configuration: plan.plugin, workers });
  const connections = new Map<string, number>();
  let admitted = 0;

  const send = (sent: SentRequest) => {
    const { method, path, host, headers, from, connection, protocol, body, trailers } = sent;
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
      ...(body !== undefined && { body }),
      ...(trailers !== undefined && { trailers: Object.entries(trailers) }),
      connectionId,
      sourceAddress: `${from}:40000`,
      ...(routeName !== undefined && { routeName }),
      properties: { 'request.protocol': protocol === 'h2' ? 'HTTP/2' : 'HTTP/1.1' },
    });
    const order: { of?: number } = {};
    const count = () => {
      if (stream.outcome.kind === 'admitted') order.of ??= admitted++;
    };
    stream.onOutcome = count;
    count();
    return { stream, order };
  };

  return {
    async exchange(requests) {
      const answers: Answer[] = [];
      let atNanos = simulator.now();
      const lastNanos = atNanos + nanosOf(60_000);
      const agenda = requests.map((request, index) => {
        atNanos += nanosOf(request.afterMillis);
        return { atNanos, run: () => begin(request, index) };
      });
      const waiting = new Map<number, ReturnType<typeof send>>();
      let unsent = requests.length;

      function begin(request: SentRequest, index: number): void {
        unsent--;
        waiting.set(index, send(request));
        const { leavesAfterMillis } = request;
        if (leavesAfterMillis === undefined) return;
        agenda.push({
          atNanos: simulator.now() + nanosOf(leavesAfterMillis),
          run: () => waiting.get(index)?.stream.clientGone(),
        });
        agenda.sort((left, right) => Number(left.atNanos - right.atNanos));
      }

      function collect(): void {
        for (const [index, { stream, order }] of waiting) {
          if (stream.outcome.kind === 'held') continue;
          waiting.delete(index);
          answers[index] = answerOf(stream, order.of);
        }
      }

      while (unsent > 0 || waiting.size > 0) {
        const tickNanos = simulator.nextTickNanos();
        const next = agenda[0];
        if (next !== undefined && (tickNanos === undefined || next.atNanos <= tickNanos)) {
          agenda.shift();
          simulator.runUntil(next.atNanos);
          next.run();
        } else if (tickNanos !== undefined && tickNanos < lastNanos) {
          simulator.runUntil(tickNanos);
        } else {
          throw new Error(`expected an end of all requests, got ${waiting.size} that are held`);
        }
        collect();
      }
      return answers;
    },
    wait: async (millis) => simulator.advanceMillis(millis),
    stop: async () => {},
  };
}

/** Also ends the stream. */
function answerOf(stream: Stream, order: number | undefined): Answer {
  const { outcome } = stream;
  const waitedMillis = Number(outcome.atNanos - stream.startNanos) / NANOS_PER_MILLI;
  if (outcome.kind === 'gone') return { status: 'left', headers: {}, body: '', waitedMillis };
  if (outcome.kind === 'localReply') {
    const { status, headers, body } = outcome;
    return { status, headers: Object.fromEntries(headers), body, waitedMillis };
  }
  if (outcome.kind !== 'admitted') throw new Error(`expected an answer, got ${outcome.kind}`);
  const { status, headers, body } = stream.respond();
  const sentBody = Buffer.from(stream.requestBody(), 'utf8');
  const received = {
    order: order!,
    bodyBytes: sentBody.length,
    bodyHash: hashOf(sentBody),
    trailers: Object.fromEntries(stream.requestTrailers()),
  };
  stream.end();
  return { status, headers: Object.fromEntries(headers), body, waitedMillis, received };
}

function routeOf(plan: Plan, authority: string): string | undefined {
  const host = authority.toLowerCase().replace(/:\d+$/, '');
  return plan.virtualHosts.find(({ domains }) => domains.includes(host))?.routes.at(-1)?.name;
}
