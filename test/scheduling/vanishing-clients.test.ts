import { describe, expect, it } from 'vitest';
import { dice } from './random.ts';
import { scheduler } from './schedulers.ts';
import { expectSound } from './soundness.ts';
import { countOf, tokensOf } from './statistics.ts';
import { sendTraffic } from './traffic.ts';

/** Clients that go away while their requests are held give back what they were granted, and nobody else notices. */
describe.each([1, 2, 4])('with %i workers', (workers) => {
  it.each([1000, 10_000])('%i held clients vanish and leave nothing behind', (count) => {
    const traffic = sendTraffic({
      scheduler: scheduler(
        { capacity: 100, fill: 100 },
        {
          leaving: { queueTimeoutMillis: 3_600_000, priority: 5 },
          staying: { queueTimeoutMillis: 3_600_000 },
        },
        { queueCapacity: 20_000 },
      ),
      flows: [
        {
          name: 'leaving',
          atMillis: Array.from({ length: 100 + count }, (_, index) => (index * 50) / count),
          goneAfterMillis: 500,
        },
        { name: 'staying', perSecond: 50, fromMillis: 1, most: 50 },
      ],
      durationMillis: 1000,
      workers,
    });
    expectSound(traffic, { hasRefunds: true });
    expect(countOf(traffic.requests, 'admitted', 'staying')).toBe(50);
    // Half a second brought 50 tokens, five sixths of them to the heavier class while it was there.
    expect(countOf(traffic.requests, 'gone')).toBeGreaterThan(count - 50);
    // What they were granted and did not take went to the others: those are through as soon as the tokens have come.
    const leaving = countOf(traffic.requests, 'admitted', 'leaving');
    const last = traffic.admissions.at(-1)!.endedNanos;
    expect(last).toBeLessThanOrEqual(Math.max(1000, (leaving - 100 + 50) * 10 + 25) * 1e6);
  });

  it('memory does not grow from round to round', () => {
    const settings = scheduler({ capacity: 10, fill: 10 }, { a: { queueTimeoutMillis: 60_000 } });
    const round = {
      name: 'a',
      atMillis: Array.from({ length: 2000 }, (_, index) => index / 100),
      goneAfterMillis: 100,
    };
    const first = sendTraffic({ scheduler: settings, flows: [round], durationMillis: 500, workers });
    const { simulator } = first;
    const bytes = Array.from({ length: workers }, (_, worker) => simulator.memoryBytes(worker));
    const shared = simulator.sharedData.bytes();
    for (let count = 0; count < 10; count++) {
      const traffic = sendTraffic({
        scheduler: settings,
        flows: [round],
        durationMillis: 500,
        workers,
        simulator,
      });
      expect(traffic.requests.filter(({ outcome }) => outcome === 'held')).toEqual([]);
    }
    expect(Array.from({ length: workers }, (_, worker) => simulator.memoryBytes(worker))).toEqual(bytes);
    expect(simulator.sharedData.bytes()).toBe(shared);
  });

  it('while clients come and go at random the others get all the tokens', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = dice(seed);
      const traffic = sendTraffic({
        scheduler: scheduler(
          { capacity: 5, fill: 100 },
          { a: { queueTimeoutMillis: 1000 }, b: { queueTimeoutMillis: 1000 } },
        ),
        flows: [
          ...Array.from({ length: 5 }, (_, index) => ({
            name: `a ${index}`,
            workload: 'a',
            perSecond: 30,
            goneAfterMillis: random.whole(1, 300),
          })),
          { name: 'b', perSecond: 150 },
        ],
        durationMillis: 4000,
        workers,
      });
      expectSound(traffic, { hasRefunds: true });
      const within = tokensOf(traffic.admissions, ({ endedNanos }) => endedNanos <= 4e9);
      expect(within).toBeGreaterThanOrEqual(0.99 * 405);
    }
  });
});
