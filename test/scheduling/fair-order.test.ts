import { expect, it } from 'vitest';
import { NaiveFairQueue, type NaiveRequest } from './naive-fair-queue.ts';
import { dice } from './random.ts';
import { scheduler, type WorkloadOptions } from './schedulers.ts';
import { expectSound } from './soundness.ts';
import { sendTraffic } from './traffic.ts';

interface Arrival extends NaiveRequest {
  atMillis: number;
}

interface Draw {
  capacity: number;
  workloads: Record<string, WorkloadOptions>;
  arrivals: Arrival[];
}

/** Random traffic of several times the quota, with breaks; at most one arrival a millisecond, so that nothing is a tie. */
function draw(seed: number, hasFlows: boolean): Draw {
  const random = dice(seed);
  const capacity = random.whole(5, 60);
  const names = ['a', 'b', 'c', 'd', 'e'].slice(0, random.whole(1, 5));
  // Odd thousandths: no two finish at the same time.
  const priorities = names.map(() => random.whole(500, 60_000) / 1000);
  const workloads = Object.fromEntries(
    names.map((name, index) => [name, { priority: priorities[index]!, queueTimeoutMillis: 3_600_000 }]),
  );
  const most = Math.min(capacity, random.whole(1, 20));
  const gap = random.whole(1, 12);
  const arrivals: Arrival[] = [];
  let at = 0;
  for (let id = 0; id < 250; id++) {
    at += random.chance(0.02) ? random.whole(50, 500) : random.whole(1, gap);
    const name = random.one(names);
    const user = hasFlows ? random.whole(0, 5) : 0;
    arrivals.push({
      id,
      atMillis: at,
      workload: name,
      weight: Math.round(priorities[names.indexOf(name)]! * 1000),
      flow: `user ${user}`,
      flowWeight: hasFlows ? 1 + user * 0.731 : 1,
      tokens: random.whole(1, most),
    });
  }
  return { capacity, workloads, arrivals };
}

/** [request, millisecond] in the order of service. */
type Service = [id: number, millis: number][];

function expectedService({ capacity, arrivals }: Draw): Service {
  const queue = new NaiveFairQueue(capacity);
  const service: Service = [];
  let next = 0;
  for (let now = 0; next < arrivals.length || queue.waiting > 0; now++) {
    for (const id of queue.serve(now)) service.push([id, now]);
    if (arrivals[next]?.atMillis !== now) continue;
    const newcomer = arrivals[next++]!;
    const served = queue.arrive(now, newcomer);
    // Whoever waited is let go while the newcomer's callback runs, the newcomer when it returns.
    for (const id of served) if (id !== newcomer.id) service.push([id, now]);
    if (served.includes(newcomer.id)) service.push([newcomer.id, now]);
  }
  return service;
}

function measuredService({ capacity, workloads, arrivals }: Draw, hasFlows: boolean): Service {
  const traffic = sendTraffic({
    scheduler: scheduler({ capacity, fill: 1000 }, workloads, {
      costFrom: [{ on: 'header', name: 'x-tokens' }],
      ...(hasFlows
        ? {
            fairnessKey: [{ on: 'header', name: 'x-user' }],
            priorityFrom: [{ on: 'header', name: 'x-priority' }],
          }
        : {}),
    }),
    flows: arrivals.map((arrival) => ({
      name: String(arrival.id),
      workload: arrival.workload,
      tokens: arrival.tokens,
      atMillis: [arrival.atMillis],
      headers: {
        'x-tokens': String(arrival.tokens),
        'x-user': arrival.flow,
        'x-priority': arrival.flowWeight.toFixed(3),
      },
    })),
    durationMillis: arrivals.at(-1)!.atMillis + 1,
  });
  expectSound(traffic);
  return traffic.admissions.map(({ flow, endedNanos }) => [Number(flow.name), endedNanos / 1e6]);
}

/** The order of admissions, and the millisecond of each, on one worker: exactly those of the naive oracle. */
it.each([
  ['workloads alone', false],
  ['workloads and fairness keys', true],
])('%s: 150 random traffics go as the oracle says', (_, hasFlows) => {
  for (let seed = 1; seed <= 150; seed++) {
    const drawn = draw(seed, hasFlows);
    const measured = measuredService(drawn, hasFlows);
    const expected = expectedService(drawn);
    const first = expected.findIndex(
      ([id, millis], index) => measured[index]?.[0] !== id || measured[index]?.[1] !== millis,
    );
    const around = (service: Service) => (first < 0 ? [] : service.slice(Math.max(0, first - 2), first + 3));
    expect([seed, around(measured)]).toEqual([seed, around(expected)]);
    expect(measured).toHaveLength(expected.length);
  }
});
