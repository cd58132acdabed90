import type { Plan } from '../../host/src/plan/plan.ts';
import { createSimulator, type Stream } from '../../host/src/simulator/index.ts';
import { sluiceModule } from '../module/modules.ts';
import type { Answer, BehaviourProxy, Received, SentRequest, UpstreamOfItsOwn } from './behaviour-case.ts';
import { hashOf } from './request-body.ts';
import { type Agenda, createAgenda, NANOS_PER_MILLI } from './simulated-agenda.ts';
import { readScript, type UpstreamScript } from './upstream-script.ts';

/** The module in the simulator. Routes are chosen as the plan's virtual hosts say. */
export function simulatedProxy(
  plan: Plan,
  workers: number,
  upstreamsOfTheirOwn: ReadonlyMap<string, UpstreamOfItsOwn>,
): BehaviourProxy {
  const simulator = createSimulator({ module: sluiceModule, configuration: plan.plugin, workers });
  const connections = new Map<string, number>();
  let admitted = 0;

  const open = (sent: SentRequest): Stream => {
    const { method, path, host, headers, from, connection, protocol, body, trailers } = sent;
    if (!connections.has(connection)) connections.set(connection, connections.size + 1);
    const connectionId = connections.get(connection)!;
    const pairs = Object.entries(headers).flatMap(([name, value]) =>
      [value].flat().map((each): [string, string] => [name.toLowerCase(), each]),
    );
    const routeName = routeOf(plan, host);
    return simulator.request({
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
  };

  /** Sends a request, and sees to what then happens to it. */
  const send = (sent: SentRequest, agenda: Agenda, onAnswer: (answer: Answer) => void): void => {
    const stream = open(sent);
    const answer = (seen: Omit<Answer, 'waitedMillis'>) => {
      const waitedMillis = Number(simulator.now() - stream.startNanos) / NANOS_PER_MILLI;
      onAnswer({ ...seen, waitedMillis });
    };
    const follow = () => {
      const { outcome } = stream;
      if (outcome.kind === 'localReply') {
        const { status, headers, body } = outcome;
        answer({ status, headers: Object.fromEntries(headers), body });
      } else if (outcome.kind === 'admitted' && upstreamsOfTheirOwn.get(sent.host) === 'none') {
        agenda.after(0, () => stream.fail('connectFailure'));
      } else if (outcome.kind === 'admitted') {
        play(sent.upstream, stream, admitted++, agenda, answer);
      }
    };
    stream.onOutcome = follow;
    follow();
    if (sent.leavesAfterMillis === undefined) return;
    agenda.after(sent.leavesAfterMillis, () => {
      if (stream.ended) return;
      stream.clientGone();
      answer({ status: 'left', headers: {}, body: '' });
    });
  };

  return {
    async exchange(requests) {
      const answers: Answer[] = [];
      const agenda = createAgenda(simulator);
      let missing = requests.length;
      let atMillis = 0;
      for (const [index, request] of requests.entries()) {
        atMillis += request.afterMillis;
        agenda.after(atMillis, () => {
          send(request, agenda, (answer) => {
            answers[index] = answer;
            missing--;
          });
        });
      }
      agenda.runWhile(() => missing > 0);
      return answers;
    },
    wait: async (millis) => simulator.advanceMillis(millis),
    stop: async () => {},
  };
}

/** What the upstream does with a request that it has got. Where it fails the request, the router's answer is an outcome. */
function play(
  script: UpstreamScript,
  stream: Stream,
  order: number,
  agenda: Agenda,
  answer: (seen: Omit<Answer, 'waitedMillis'>) => void,
): void {
  const act = readScript(script);
  if (act === 'reset' || act === 'disconnect') {
    agenda.after(0, () => stream.fail('reset'));
    return;
  }
  agenda.after(act.afterMillis, () => {
    // The client may have left meanwhile.
    if (stream.ended) return;
    const { status, headers, body } = stream.respond(act);
    const received = receivedOf(stream, order);
    stream.end();
    answer({ status, headers: Object.fromEntries(headers), body, received });
  });
}

function receivedOf(stream: Stream, order: number): Received {
  const body = Buffer.from(stream.requestBody(), 'utf8');
  return {
    order,
    bodyBytes: body.length,
    bodyHash: hashOf(body),
    trailers: Object.fromEntries(stream.requestTrailers()),
  };
}

function routeOf(plan: Plan, authority: string): string | undefined {
  const host = authority.toLowerCase().replace(/:\d+$/, '');
  return plan.virtualHosts.find(({ domains }) => domains.includes(host))?.routes.at(-1)?.name;
}
