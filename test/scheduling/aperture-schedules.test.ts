import { describe, expect, it } from 'vitest';
import { loadMultiplierSchedule, type Schedule, schedules, zeroFillSchedule } from './aperture-schedules.ts';
import { runSchedule, type Share } from './run-schedule.ts';
import { configurationOf, scheduler } from './schedulers.ts';
import { expectSound, leftovers } from './soundness.ts';
import { countOf, jainIndex, tokensOf } from './statistics.ts';
import { sendTraffic, simulate } from './traffic.ts';

/** Every flow has its fair share, give or take a part of it or two requests. */
function expectFair(shares: readonly Share[], tolerance: number): void {
  const wrong = shares
    .filter(
      ({ accepted, fair, flow }) => Math.abs(accepted - fair) > Math.max(tolerance * fair, 2 * flow.tokens),
    )
    .map(
      ({ flow, accepted, fair }) =>
        `${flow.workload} ${flow.user ?? ''}: ${accepted} of ${fair.toFixed(1)} tokens, ${(100 * (accepted / fair - 1)).toFixed(2)} %`,
    );
  expect(wrong).toEqual([]);
}

function expectEven(shares: readonly Share[]): void {
  const asking = shares.filter(({ sent, fair }) => sent >= fair * (1 - 1e-9));
  expect(jainIndex(asking.map(({ accepted, fair }) => accepted / fair))).toBeGreaterThanOrEqual(0.999);
}

const placements = [
  { workers: 1 },
  { workers: 2 },
  { workers: 4 },
  { workers: 2, classesApart: true },
  { workers: 4, classesApart: true },
];

describe.each(placements)('schedules of the reference, %o', (placement) => {
  it.each(schedules.map((schedule): [string, Schedule] => [schedule.name, schedule]))('%s', (_, schedule) => {
    const { traffic, sharesAfter } = runSchedule(schedule, { seconds: 100, ...placement });
    expectSound(traffic);
    expectFair(sharesAfter(10), 0.01);
    expectFair(sharesAfter(100), 0.005);
    expectEven(sharesAfter(100));
    const total = sharesAfter(100).reduce((sum, { accepted }) => sum + accepted, 0);
    expect(total).toBeGreaterThan(0.99 * schedule.fillPerSecond * 100);
  });
});

describe('other schedules of the reference', () => {
  it('ZeroFillRate: requests of no tokens pass, the others only while the bucket lasts', () => {
    const { flows, queueTimeoutMillis } = zeroFillSchedule;
    const workloads = Object.fromEntries(
      flows.map(({ workload, tokens, inversePriority }) => [
        workload,
        { tokens, priority: 1 / inversePriority, queueTimeoutMillis },
      ]),
    );
    const traffic = sendTraffic({
      // There the bucket is empty for ever; ours begins full, with two requests' worth.
      scheduler: scheduler({ capacity: 10, fill: 0 }, workloads),
      flows: flows.map(({ workload, tokens, perSecond }) => ({ name: workload, tokens, perSecond })),
      durationMillis: 10_000,
      workers: 2,
    });
    expectSound(traffic);
    expect(countOf(traffic.requests, 'admitted', 'workload0')).toBe(500);
    expect(countOf(traffic.requests, 'admitted')).toBe(502);
    // What never comes is refused at once.
    expect(traffic.requests.filter(({ waited }) => waited)).toEqual([]);
  });

  it('LoadMultiplier: a rate that is edited holds from then on, also after idle time', () => {
    const { multiplier, tokens, perSecond, queueTimeoutMillis, depleteMillis, runMillis, idleMillis } =
      loadMultiplierSchedule;
    const fill = multiplier * tokens * perSecond;
    const settings = (fillPerSecond: number) =>
      scheduler({ capacity: fill, fill: fillPerSecond }, { a: { tokens, queueTimeoutMillis } });
    const cycle = depleteMillis + runMillis + idleMillis;
    const traffic = sendTraffic({
      scheduler: settings(fill),
      flows: [0, cycle].map((from) => ({
        name: `from ${from}`,
        workload: 'a',
        tokens,
        perSecond,
        fromMillis: from,
        untilMillis: from + depleteMillis + runMillis,
      })),
      steps: [0, cycle].flatMap((from) => [
        {
          atMillis: from,
          run: (simulator) => void simulator.updateConfiguration(configurationOf(settings(0))),
        },
        {
          atMillis: from + depleteMillis,
          run: (simulator) => void simulator.updateConfiguration(configurationOf(settings(fill))),
        },
      ]),
      durationMillis: 2 * cycle,
      workers: 2,
    });
    expect(leftovers(traffic)).toEqual([]);
    for (const from of [0, cycle]) {
      const start = (from + depleteMillis) * 1e6;
      const end = start + runMillis * 1e6;
      const accepted = tokensOf(
        traffic.requests,
        (sent) => sent.endedNanos > start && sent.endedNanos <= end,
      );
      expect(Math.abs(accepted - (fill * runMillis) / 1000)).toBeLessThanOrEqual(2 * tokens);
    }
  });

  it.each([-1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'NegativeMultiplier: a rate of %d is refused',
    (fill) => {
      expect(() => simulate(scheduler({ capacity: 10, fill }))).toThrow(/fillMillitokens/);
    },
  );
});
