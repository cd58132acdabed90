import { describe, expect, it } from 'vitest';
import { scheduler } from './schedulers.ts';
import { expectSound } from './soundness.ts';
import { countOf, percentile, tokensByFlow, tokensOf, waitsOf } from './statistics.ts';
import { sendTraffic } from './traffic.ts';

const patient = { queueTimeoutMillis: 2000 };

describe.each([1, 2, 4])('with %i workers', (workers) => {
  const within = (traffic: ReturnType<typeof sendTraffic>, seconds: number) =>
    tokensByFlow(traffic.admissions.filter(({ endedNanos }) => endedNanos <= seconds * 1e9));

  it('a floor is kept whatever the weights', () => {
    const traffic = sendTraffic({
      scheduler: scheduler(
        { capacity: 2, fill: 100 },
        { small: { ...patient, priority: 1, floor: 20 }, large: { ...patient, priority: 999 } },
      ),
      flows: [
        { name: 'small', perSecond: 50 },
        { name: 'large', perSecond: 200 },
      ],
      durationMillis: 20_000,
      workers,
    });
    expectSound(traffic);
    const { small, large } = within(traffic, 20);
    expect(small).toBeGreaterThanOrEqual(0.99 * 400);
    expect(small).toBeLessThanOrEqual(1.02 * 400);
    expect(small! + large!).toBeGreaterThanOrEqual(0.99 * 2000);
  });

  it('what a floor is not used for goes to the others', () => {
    const traffic = sendTraffic({
      scheduler: scheduler({ capacity: 2, fill: 100 }, { small: { ...patient, floor: 50 }, large: patient }),
      flows: [
        { name: 'small', perSecond: 10 },
        { name: 'large', perSecond: 200 },
      ],
      durationMillis: 10_000,
      workers,
    });
    expectSound(traffic);
    const { small, large } = within(traffic, 10);
    expect(countOf(traffic.requests, 'refused', 'small')).toBe(0);
    expect(small! + large!).toBeGreaterThanOrEqual(0.99 * 1000);
  });

  it.each([
    ['while others wait', 200],
    ['and alone', 0],
  ])('a cap is never passed, %s', (_, others) => {
    const traffic = sendTraffic({
      scheduler: scheduler(
        { capacity: 50, fill: 100 },
        { capped: { ...patient, priority: 10, cap: 30 }, other: patient },
      ),
      flows: [
        { name: 'capped', perSecond: 100 },
        ...(others === 0 ? [] : [{ name: 'other', perSecond: others }]),
      ],
      durationMillis: 20_000,
      workers,
    });
    expectSound(traffic);
    const { capped, other } = within(traffic, 20);
    // One request is there at first.
    expect(capped).toBeLessThanOrEqual(30 * 20 + 1);
    expect(capped).toBeGreaterThanOrEqual(0.99 * 30 * 20);
    if (others > 0) expect(capped! + other!).toBeGreaterThanOrEqual(0.99 * 2050);
    // In any second, give or take a request and the look of another worker.
    for (let from = 0; from < 19; from += 0.25) {
      const count = tokensOf(
        traffic.admissions,
        ({ flow, endedNanos }) =>
          flow.name === 'capped' && endedNanos > from * 1e9 && endedNanos <= (from + 1) * 1e9,
      );
      expect(count).toBeLessThanOrEqual(30 + 2);
    }
  });

  it('the strict tier goes first, and who has waited for the ageing time goes with it', () => {
    const run = (ageingMillis: number) =>
      sendTraffic({
        scheduler: scheduler(
          { capacity: 2, fill: 100 },
          { strict: { ...patient, strict: true }, other: { queueTimeoutMillis: 10_000, priority: 1000 } },
          { strictAgeingNanos: ageingMillis * 1e6 },
        ),
        flows: [
          { name: 'strict', perSecond: 95 },
          { name: 'other', atMillis: [1000, 1001, 1002] },
        ],
        durationMillis: 10_000,
        workers,
      });
    const never = run(3_600_000);
    expectSound(never);
    // Beside the others it has the bucket almost for itself: a request waits for one token, or two.
    expect(percentile(waitsOf(never.requests, 'strict'), 99)).toBeLessThanOrEqual(20);
    const soon = run(100);
    expectSound(soon);
    expect(Math.max(...waitsOf(soon.requests, 'other'))).toBeLessThanOrEqual(100 + 60);
    expect(Math.max(...waitsOf(soon.requests, 'other'))).toBeGreaterThan(20);
  });

  it('the strict tier starves the others but for ageing', () => {
    const traffic = sendTraffic({
      scheduler: scheduler(
        { capacity: 2, fill: 100 },
        { strict: { ...patient, strict: true }, other: { queueTimeoutMillis: 5000, priority: 1000 } },
        { strictAgeingNanos: 1e9 },
      ),
      flows: [
        { name: 'strict', perSecond: 300, untilMillis: 6000 },
        { name: 'other', atMillis: [3000] },
      ],
      durationMillis: 10_000,
      workers,
    });
    expectSound(traffic);
    const [wait] = waitsOf(traffic.requests, 'other');
    expect(wait).toBeGreaterThanOrEqual(1000);
    expect(wait).toBeLessThanOrEqual(1000 + 60);
  });

  it('two strict workloads part by weight', () => {
    const traffic = sendTraffic({
      scheduler: scheduler(
        { capacity: 2, fill: 100 },
        {
          one: { ...patient, strict: true, priority: 1 },
          three: { ...patient, strict: true, priority: 3 },
          other: patient,
        },
      ),
      flows: ['one', 'three', 'other'].map((name) => ({ name, perSecond: 150 })),
      durationMillis: 10_000,
      workers,
    });
    expectSound(traffic);
    const { one, three } = within(traffic, 10);
    expect(Math.abs(three! / one! - 3)).toBeLessThan(0.15);
  });
});
