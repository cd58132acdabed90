import { describe, expect, it } from 'vitest';
import { scheduler } from './schedulers.ts';
import { expectSound } from './soundness.ts';
import { countOf } from './statistics.ts';
import { type Flow, sendTraffic } from './traffic.ts';

const at = (count: number, millis: number) => Array.from({ length: count }, () => millis);

/** Defect there: the queue has no bound. Here: a capacity for each scheduler and workload; when full the lowest gives way. */
describe.each([
  { workers: 1, low: [0], high: [0] },
  { workers: 2, low: [0], high: [1] },
  { workers: 2, low: [0, 1], high: [0, 1] },
  { workers: 4, low: [1, 2], high: [3] },
])('a full queue: %o', ({ workers, low, high }) => {
  const run = (flows: readonly Flow[]) =>
    sendTraffic({
      scheduler: scheduler(
        { capacity: 100, fill: 10 },
        { drain: { tokens: 100 }, low: { priority: 1 }, middle: { priority: 5 }, high: { priority: 10 } },
        { queueCapacity: 20 },
      ),
      flows: [{ name: 'drain', tokens: 100, atMillis: [0] }, ...flows],
      durationMillis: 1000,
      workers,
    });

  it('the newest of the lowest class gives way to a higher one', () => {
    const traffic = run([
      { name: 'low', atMillis: at(20, 1), on: low },
      { name: 'high', atMillis: at(12, 2), on: high },
    ]);
    expectSound(traffic);
    expect(countOf(traffic.requests, 'admitted', 'high')).toBe(12);
    expect(countOf(traffic.requests, 'admitted', 'low')).toBe(8);
    expect(countOf(traffic.requests, 'refused', 'low')).toBe(12);
    const pushedOut = traffic.requests.filter(({ outcome }) => outcome === 'refused');
    // At once on the same worker, and as soon as the other one looks.
    for (const sent of pushedOut) {
      expect(sent.waited).toBe(true);
      expect(sent.endedNanos).toBeLessThanOrEqual((2 + 20) * 1e6);
      expect(sent.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    }
    const name = 'sluice.quota.default/quota/low.refused_pushed_out';
    expect(traffic.simulator.metrics.value(name)).toBe(12n);
  });

  it('nobody gives way to an equal or a lower class', () => {
    const traffic = run([
      { name: 'high', atMillis: at(20, 1), on: high },
      { name: 'high too', workload: 'high', atMillis: at(5, 2), on: low },
      { name: 'low', atMillis: at(5, 3), on: low },
    ]);
    expectSound(traffic);
    expect(countOf(traffic.requests, 'admitted', 'high')).toBe(20);
    expect(countOf(traffic.requests, 'refused', 'high too')).toBe(5);
    expect(countOf(traffic.requests, 'refused', 'low')).toBe(5);
  });

  it('of several lower classes the lowest gives way first', () => {
    const traffic = run([
      { name: 'middle', atMillis: at(10, 1), on: high },
      { name: 'low', atMillis: at(10, 2), on: low },
      { name: 'high', atMillis: at(15, 3), on: high },
    ]);
    expectSound(traffic);
    expect(countOf(traffic.requests, 'admitted', 'high')).toBe(15);
    expect(countOf(traffic.requests, 'admitted', 'middle')).toBe(5);
    expect(countOf(traffic.requests, 'admitted', 'low')).toBe(0);
  });
});

it.each([1, 2, 4])('a workload has a capacity of its own, over %i workers', (workers) => {
  const traffic = sendTraffic({
    scheduler: scheduler(
      { capacity: 10, fill: 10 },
      { drain: { tokens: 10 }, a: { queueCapacity: 7 }, b: { priority: 0.001 } },
    ),
    flows: [
      { name: 'drain', tokens: 10, atMillis: [0] },
      { name: 'a', atMillis: at(30, 1) },
      { name: 'b', atMillis: at(30, 2) },
    ],
    durationMillis: 1000,
    workers,
  });
  expectSound(traffic);
  expect(countOf(traffic.requests, 'admitted', 'a')).toBe(7);
  expect(countOf(traffic.requests, 'admitted', 'b')).toBe(30);
  expect(traffic.simulator.metrics.value('sluice.quota.default/quota/a.refused_queue_full')).toBe(23n);
});

/** A local reply to one stream makes Envoy stop whichever callback is running, whatever that returns. */
it('who pushes another out and is served in the same moment goes on', () => {
  const traffic = sendTraffic({
    scheduler: scheduler(
      { capacity: 2, fill: 1 },
      { low: { tokens: 2 }, high: { priority: 10 } },
      { queueCapacity: 1 },
    ),
    flows: [
      { name: 'drain', workload: 'high', atMillis: [0] },
      { name: 'low', tokens: 2, atMillis: [1] },
      // One token is there, which the one that waits cannot use.
      { name: 'high', atMillis: [2] },
    ],
    durationMillis: 100,
  });
  expectSound(traffic);
  expect(traffic.requests.map(({ outcome }) => outcome)).toEqual(['admitted', 'refused', 'admitted']);
  expect(traffic.requests[2]!.endedNanos).toBeLessThanOrEqual(4e6);
});

it('who was asked to give way by another worker does, even when somebody comes to its flow before that', () => {
  const traffic = sendTraffic({
    scheduler: scheduler(
      { capacity: 1, fill: 10 },
      { low: {}, high: { priority: 10 } },
      { queueCapacity: 2 },
    ),
    flows: [
      { name: 'drain', workload: 'high', atMillis: [0], on: [0] },
      { name: 'first', workload: 'low', atMillis: [1], on: [1] },
      { name: 'second', workload: 'low', atMillis: [2], on: [1] },
      // Pushes the second out, and leaves its room to the third before the other worker looks.
      { name: 'high', atMillis: [3], on: [0], goneAfterMillis: 1 },
      { name: 'third', workload: 'low', atMillis: [8], on: [1] },
    ],
    durationMillis: 1000,
    workers: 2,
  });
  expectSound(traffic);
  const outcomes = traffic.requests.map(({ outcome }) => outcome);
  // The third may be turned away, or wait: there is room again.
  expect(outcomes.slice(0, 4)).toEqual(['admitted', 'admitted', 'refused', 'gone']);
});
