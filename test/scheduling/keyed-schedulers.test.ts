import { describe, expect, it } from 'vitest';
import type { QuotaScheduler } from '../../host/src/plan/plugin-configuration.ts';
import { poisson } from './random.ts';
import { scheduler } from './schedulers.ts';
import { expectSound, leftovers, quotaAt, unsoundness } from './soundness.ts';
import { countOf, tokensByFlow } from './statistics.ts';
import { type Flow, sendTraffic } from './traffic.ts';

const byTenant: Partial<QuotaScheduler> = { key: [{ on: 'header', name: 'x-tenant' }] };
const tenant = (name: string, arrivals: Partial<Flow>): Flow => ({
  name,
  workload: 'a',
  headers: { 'x-tenant': name },
  ...arrivals,
});
const settings = (keyCapacity: number, rest: Partial<QuotaScheduler> = {}, queueTimeoutMillis = 500) =>
  scheduler({ capacity: 5, fill: 10 }, { a: { queueTimeoutMillis } }, { ...byTenant, keyCapacity, ...rest });

describe.each([1, 2, 4])('a scheduler for each key, with %i workers', (workers) => {
  it('gives every key the whole quota', () => {
    const traffic = sendTraffic({
      scheduler: settings(64),
      flows: Array.from({ length: 8 }, (_, index) => tenant(`t${index}`, { perSecond: 30 })),
      durationMillis: 5000,
      workers,
    });
    expect(unsoundness(traffic, { buckets: 8 })).toEqual([]);
    for (const tokens of Object.values(
      tokensByFlow(traffic.admissions.filter(({ endedNanos }) => endedNanos <= 5e9)),
    ))
      expect(tokens).toBeGreaterThanOrEqual(54);
    for (const index of [0, 3, 7]) {
      let tokens = 0;
      for (const { flow, endedNanos } of traffic.admissions) {
        if (flow.name !== `t${index}`) continue;
        expect(++tokens).toBeLessThanOrEqual(quotaAt(traffic.scheduler.bucket, endedNanos));
      }
    }
  });

  it('with more keys than places gives never more than the places do', () => {
    const places = 4;
    const traffic = sendTraffic({
      scheduler: settings(places),
      flows: Array.from({ length: 40 }, (_, index) =>
        tenant(`t${index}`, { atMillis: poisson(index + 1, 5, 10_000) }),
      ),
      durationMillis: 10_000,
      workers,
    });
    expect(unsoundness(traffic, { buckets: places, anyOrder: true })).toEqual([]);
    const admitted = traffic.admissions.filter(({ endedNanos }) => endedNanos <= 10e9).length;
    // And the places are used: all of them, once each has an owner.
    expect(admitted).toBeGreaterThanOrEqual(0.9 * places * 105);
    expect(Math.min(...Object.values(tokensByFlow(traffic.requests)))).toBeGreaterThan(0);
  });

  it('a key that comes back after others took its place is not richer than it left, while its bucket is not full', () => {
    const traffic = sendTraffic({
      scheduler: scheduler(
        { capacity: 5, fill: 0 },
        { a: { queueTimeoutMillis: 100 } },
        { ...byTenant, keyCapacity: 2 },
      ),
      flows: [
        tenant('first', { atMillis: [0, 0, 0, 0, 0, 0, 5000, 5000] }),
        ...Array.from({ length: 10 }, (_, index) =>
          tenant(`t${index}`, { atMillis: [1000 + index, 2000 + index] }),
        ),
      ],
      durationMillis: 6000,
      workers,
    });
    expect(leftovers(traffic)).toEqual([]);
    expect(traffic.admissions.length).toBeLessThanOrEqual(10);
    expect(countOf(traffic.requests, 'admitted', 'first')).toBeLessThanOrEqual(5);
  });

  it('reclaims places that were idle', () => {
    const traffic = sendTraffic({
      scheduler: scheduler(
        { capacity: 5, fill: 0 },
        { a: { queueTimeoutMillis: 100 } },
        { ...byTenant, keyCapacity: 4, keyIdleNanos: 2e9 },
      ),
      flows: Array.from({ length: 12 }, (_, index) =>
        // Four at a time, each four after the last had been idle long enough.
        tenant(`t${index}`, {
          atMillis: Array.from({ length: 6 }, (_, at) => Math.floor(index / 4) * 5000 + at),
        }),
      ),
      durationMillis: 20_000,
      workers,
    });
    expect(leftovers(traffic)).toEqual([]);
    // Some may share a place by hash when eight probes of four places are all taken; none here are.
    expect(traffic.admissions).toHaveLength(60);
  });

  it('one of a full bucket gives its place at once', () => {
    const traffic = sendTraffic({
      scheduler: settings(2, {}, 100),
      flows: Array.from({ length: 10 }, (_, index) =>
        // A second brings ten tokens, so whoever was here before has a full bucket again.
        tenant(`t${index}`, { atMillis: [0, 0.1, 0.2, 0.3, 0.4].map((at) => index * 1000 + at) }),
      ),
      durationMillis: 11_000,
      workers,
    });
    expect(leftovers(traffic)).toEqual([]);
    expect(traffic.admissions).toHaveLength(50);
    expect(traffic.requests.filter(({ waited }) => waited)).toEqual([]);
  });

  it('requests without the key share a scheduler, and the first of several that is there counts', () => {
    const traffic = sendTraffic({
      scheduler: settings(16, {
        key: [
          { on: 'header', name: 'x-tenant' },
          { on: 'header', name: 'x-team' },
        ],
      }),
      flows: [
        { name: 'none', workload: 'a', atMillis: [0, 0, 0, 0], headers: {} },
        { name: 'none too', workload: 'a', atMillis: [1, 1, 1, 1], headers: { 'x-other': 'b' } },
        tenant('x', { atMillis: [2, 2, 2, 2, 2], headers: { 'x-tenant': 'x', 'x-team': 'y' } }),
        tenant('y', { atMillis: [3, 3, 3, 3, 3], headers: { 'x-team': 'y' } }),
      ],
      durationMillis: 10,
      workers,
    });
    expect(leftovers(traffic)).toEqual([]);
    const at = (name: string) =>
      traffic.requests.filter(({ flow, waited }) => flow.name === name && !waited).length;
    expect([at('none') + at('none too'), at('x'), at('y')]).toEqual([5, 5, 5]);
  });
});

it('memory does not grow with the number of keys', () => {
  const traffic = sendTraffic({
    scheduler: settings(32, {}, 20),
    flows: [tenant('first', { perSecond: 10 })],
    durationMillis: 100,
    workers: 2,
  });
  const { simulator } = traffic;
  const run = (from: number) =>
    sendTraffic({
      scheduler: traffic.scheduler,
      simulator,
      flows: Array.from({ length: 500 }, (_, index) =>
        tenant(`t${from + index}`, { atMillis: [index, index] }),
      ),
      durationMillis: 1000,
      workers: 2,
    });
  expectSound({ ...run(0), admissions: [] });
  const bytes = [0, 1].map((worker) => simulator.memoryBytes(worker));
  const entries = simulator.sharedData.entries();
  for (let round = 1; round <= 4; round++) run(round * 500);
  expect([0, 1].map((worker) => simulator.memoryBytes(worker))).toEqual(bytes);
  expect(simulator.sharedData.entries()).toBe(entries);
});
