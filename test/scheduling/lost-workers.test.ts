import { describe, expect, it } from 'vitest';
import { scheduler } from './schedulers.ts';
import { quotaAt } from './soundness.ts';
import { type Flow, sendTraffic, type Traffic } from './traffic.ts';
import { trapAt } from './trap.ts';

/** Longest time without an admission on the workers that live, ms. */
function longestPause(traffic: Traffic, lost: number, fromMillis: number, untilMillis: number): number {
  const times = traffic.admissions
    .filter(({ worker }) => worker !== lost)
    .map(({ endedNanos }) => endedNanos / 1e6)
    .filter((time) => time >= fromMillis && time <= untilMillis);
  return Math.max(...[...times, untilMillis].map((time, index) => time - (times[index - 1] ?? fromMillis)));
}

/** A VM that is lost takes its held requests with it; it neither blocks the others for long nor keeps tokens. */
describe.each([
  { workers: 2, lost: 1 },
  { workers: 4, lost: 2 },
])('$workers workers, of which one is lost', ({ workers, lost }) => {
  const at = (count: number, millis: number, step: number) =>
    Array.from({ length: count }, (_, index) => millis + index * step);
  const run = (flows: Flow[], skippedCalls: number, lostMillis: number) =>
    sendTraffic({
      scheduler: scheduler(
        { capacity: 10, fill: 100 },
        { a: { queueTimeoutMillis: 60_000 }, b: { queueTimeoutMillis: 60_000, priority: 5 } },
      ),
      flows,
      steps: [{ atMillis: lostMillis, run: (simulator) => trapAt(simulator, lost, skippedCalls) }],
      durationMillis: 20_000,
      settleMillis: 20_000,
      workers,
    });

  it.each([0, 1, 2, 3, 4, 5])(
    'at its %ith call: the others go on within 100 ms and get all the tokens',
    (skippedCalls) => {
      const traffic = run(
        [
          { name: 'a', atMillis: at(200, 0, 0.5) },
          { name: 'b', atMillis: at(200, 0.1, 0.5) },
          // The load goes on where there still is a worker.
          { name: 'later', workload: 'a', perSecond: 150, fromMillis: 500, on: [0] },
        ],
        skippedCalls,
        300,
      );
      const { simulator, requests } = traffic;
      expect(simulator.failure(lost)).toContain('unreachable');
      // What it held hangs; nobody else's does.
      const hanging = requests.filter(({ outcome, worker }) => outcome === 'held' && worker !== lost);
      expect(hanging).toEqual([]);
      // One look of 20 ms, and the time until it is passed over.
      expect(longestPause(traffic, lost, 300, 5000)).toBeLessThanOrEqual(100 + 10);
      let tokens = 0;
      for (const { endedNanos } of traffic.admissions) {
        tokens++;
        expect(tokens).toBeLessThanOrEqual(quotaAt(traffic.scheduler.bucket, endedNanos));
      }
      // Nothing of the quota is lost for good.
      const late = traffic.admissions.filter(
        ({ endedNanos }) => endedNanos > 11e9 && endedNanos <= 20e9,
      ).length;
      expect(late).toBeGreaterThanOrEqual(0.99 * 900);
      // What had been granted to it and was not collected has come back: two heads of two flows.
      const all = traffic.admissions.filter(({ endedNanos }) => endedNanos <= 20e9).length;
      expect(all).toBeGreaterThanOrEqual(2010 - 15);
    },
  );

  it('comes back as a new VM and takes part again', () => {
    const traffic = run(
      [
        { name: 'a', atMillis: at(100, 0, 0.5) },
        { name: 'b', perSecond: 150, fromMillis: 3000 },
      ],
      0,
      300,
    );
    expect(traffic.simulator.failure(lost)).toBeUndefined();
    const again = traffic.admissions.filter(
      ({ worker, flow }) => worker === lost && flow.name === 'b',
    ).length;
    const others = traffic.admissions.filter(
      ({ worker, flow }) => worker !== lost && flow.name === 'b',
    ).length;
    expect(again).toBeGreaterThan((0.9 * others) / (workers - 1));
  });
});

it('a trap while a request arrives costs that request alone', () => {
  const traffic = sendTraffic({
    scheduler: scheduler({ capacity: 10, fill: 100 }, { a: { queueTimeoutMillis: 60_000 } }),
    flows: [{ name: 'a', perSecond: 50 }],
    steps: [{ atMillis: 2500, run: (simulator) => trapAt(simulator, 0) }],
    durationMillis: 5000,
    workers: 2,
  });
  expect(traffic.requests.filter(({ outcome }) => outcome === 'failed')).toHaveLength(1);
  expect(traffic.requests.filter(({ outcome }) => outcome === 'admitted')).toHaveLength(249);
});
