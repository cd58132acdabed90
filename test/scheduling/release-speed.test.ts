import { describe, expect, it } from 'vitest';
import { scheduler } from './schedulers.ts';
import { expectSound } from './soundness.ts';
import { countOf, waitsOf } from './statistics.ts';
import { sendTraffic, type Traffic } from './traffic.ts';

/** A microsecond apart, so that they stand on the workers in turn. */
const at = (count: number, millis: number) =>
  Array.from({ length: count }, (_, index) => millis + index / 1000);
const admittedBy = (traffic: Traffic, millis: number) =>
  traffic.admissions.filter(({ endedNanos }) => endedNanos <= millis * 1e6).length;

/** What is there goes to those who wait without delay, whatever else happens. */
describe.each([1, 2, 4])('with %i workers', (workers) => {
  it('tokens that come all at once are given out within a few ticks', () => {
    const traffic = sendTraffic({
      scheduler: scheduler({ capacity: 1000, continuous: false }, { a: {}, b: { priority: 2 } }),
      flows: [
        { name: 'drain', workload: 'a', atMillis: at(1000, 1) },
        { name: 'a', atMillis: at(2000, 10) },
        { name: 'b', atMillis: at(2000, 11) },
      ],
      durationMillis: 1000,
      workers,
    });
    expectSound(traffic);
    expect(countOf(traffic.requests, 'admitted')).toBe(5000);
    // 256 a tick and worker.
    expect([1000, 2000, 3000, 4000].map((millis) => admittedBy(traffic, millis + 10))).toEqual([
      2000, 3000, 4000, 5000,
    ]);
  });

  it('a queue that nobody joins any more is worked off as fast as tokens come', () => {
    const traffic = sendTraffic({
      scheduler: scheduler({ capacity: 100, fill: 20_000 }, { a: {}, b: { priority: 3 } }),
      flows: [
        { name: 'a', atMillis: at(2000, 1) },
        { name: 'b', atMillis: at(2000, 1) },
      ],
      durationMillis: 1000,
      workers,
    });
    expectSound(traffic);
    expect(countOf(traffic.requests, 'admitted')).toBe(4000);
    // 3,900 of them at 20 a millisecond.
    expect(traffic.admissions.at(-1)!.endedNanos / 1e6).toBeLessThanOrEqual(196 * 1.05);
  });

  it('the first request that a worker ever holds goes as soon as there is a token, and so after a long rest', () => {
    const pairs = Array.from({ length: workers }, (_, worker) => worker).flatMap((worker) =>
      [0, 1].map((round) => worker * 1000 + round * 15_000),
    );
    const traffic = sendTraffic({
      scheduler: scheduler({ capacity: 1, fill: 100 }, { a: {} }),
      flows: pairs.map((millis) => ({
        name: `from ${millis}`,
        workload: 'a',
        atMillis: [millis, millis + 4],
        on: [Math.floor((millis % 15_000) / 1000)],
      })),
      durationMillis: 20_000,
      workers,
    });
    expectSound(traffic);
    const second = traffic.requests.filter((_, index) => index % 2 === 1);
    expect(second.map(({ endedNanos, arrivedNanos }) => (endedNanos - arrivedNanos) / 1e6)).toEqual(
      pairs.map(() => 6),
    );
  });

  it('clients that go away all the time do not keep the others waiting', () => {
    const traffic = sendTraffic({
      scheduler: scheduler({ capacity: 1, fill: 100 }, { leaving: { priority: 0.001 }, staying: {} }),
      flows: [
        { name: 'drain', workload: 'staying', atMillis: [0] },
        { name: 'staying', atMillis: at(20, 1) },
        // They come at once, and go one every 0.2 ms.
        ...Array.from({ length: 1500 }, (_, index) => ({
          name: `leaving ${index}`,
          workload: 'leaving',
          atMillis: [2],
          goneAfterMillis: 20 + index / 5,
        })),
      ],
      durationMillis: 400,
      workers,
    });
    expectSound(traffic);
    const waits = waitsOf(traffic.requests, 'staying');
    expect(waits).toHaveLength(20);
    // One every 10 ms; over several workers up to a look later.
    expect(Math.max(...waits)).toBeLessThanOrEqual(200 + 21);
  });

  it('deadlines that pass all the time do not keep the others waiting', () => {
    const traffic = sendTraffic({
      scheduler: scheduler(
        { capacity: 1, fill: 100 },
        { late: { priority: 0.001, queueTimeoutMillis: 50_000 }, staying: { queueTimeoutMillis: 60_000 } },
        { deadlineHeader: 'x-deadline-ms', deadlineMarginNanos: 0 },
      ),
      flows: [
        { name: 'drain', workload: 'staying', atMillis: [0] },
        // They would be next, but for those that come later and go before them.
        ...Array.from({ length: 15 }, (_, index) => ({
          name: `late ${index}`,
          workload: 'late',
          atMillis: [1],
          headers: { 'x-deadline-ms': String(165 + index) },
        })),
        { name: 'staying', atMillis: at(40, 2) },
      ],
      durationMillis: 400,
      workers,
    });
    expectSound(traffic);
    const waits = waitsOf(traffic.requests, 'staying');
    expect(waits).toHaveLength(40);
    const times = traffic.admissions.map(({ endedNanos }) => endedNanos / 1e6);
    const gaps = times.slice(1).map((time, index) => time - times[index]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(10 + 21);
  });
});
