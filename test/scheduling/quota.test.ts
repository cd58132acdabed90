import { describe, expect, it } from 'vitest';
import { dice } from './random.ts';
import { type BucketOptions, scheduler } from './schedulers.ts';
import { expectSound, leftovers, quotaAt } from './soundness.ts';
import { countOf, tokensOf } from './statistics.ts';
import { type Flow, send, sendTraffic, simulate, type Traffic } from './traffic.ts';

const tokensWithin = (traffic: Traffic) =>
  tokensOf(traffic.admissions, ({ endedNanos }) => endedNanos <= traffic.durationNanos);

/** Tokens that nobody got until two ticks before the end of the traffic, of those that there were by then. */
function unused(traffic: Traffic): { tokens: number; quota: number } {
  const quota = quotaAt(traffic.scheduler.bucket, traffic.durationNanos - 2e6);
  return { tokens: quota - tokensWithin(traffic), quota };
}

interface Demand {
  name: string;
  bucket: BucketOptions;
  flows: Flow[];
  seconds: number;
}

const costs = Array.from({ length: 20 }, (_, index) => index + 1);
const demands: Demand[] = [
  {
    name: 'one class',
    bucket: { capacity: 10, fill: 100 },
    flows: [{ name: 'a', perSecond: 150 }],
    seconds: 20,
  },
  {
    name: 'two classes',
    bucket: { capacity: 50, fill: 200 },
    flows: [
      { name: 'a', perSecond: 150 },
      { name: 'b', perSecond: 150 },
    ],
    seconds: 20,
  },
  {
    name: 'a bucket of 1',
    bucket: { capacity: 1, fill: 1 },
    flows: [{ name: 'a', perSecond: 1000 }],
    seconds: 20,
  },
  {
    name: 'a bucket of 1 that fills fast',
    bucket: { capacity: 1, fill: 1000 },
    flows: [{ name: 'a', perSecond: 2000 }],
    seconds: 5,
  },
  {
    name: 'a bucket that lasts',
    bucket: { capacity: 20_000, fill: 1000 },
    flows: [{ name: 'a', perSecond: 6000 }],
    seconds: 6,
  },
  {
    name: 'a large rate',
    bucket: { capacity: 500, fill: 50_000 },
    flows: [
      { name: 'a', perSecond: 40_000 },
      { name: 'b', perSecond: 40_000 },
    ],
    seconds: 0.4,
  },
  {
    name: 'fill by intervals',
    bucket: { capacity: 30, fill: 30, intervalMillis: 250, continuous: false },
    flows: [
      { name: 'a', perSecond: 150 },
      { name: 'b', perSecond: 100 },
    ],
    seconds: 20,
  },
  {
    name: 'fractions of tokens',
    bucket: { capacity: 1.5, fill: 0.7, intervalMillis: 33 },
    flows: [{ name: 'half', tokens: 0.5, perSecond: 100 }],
    seconds: 20,
  },
  {
    name: 'requests of 1 to 20 tokens',
    bucket: { capacity: 40, fill: 500 },
    flows: costs.map((tokens) => ({
      name: `of ${tokens}`,
      workload: tokens % 2 === 0 ? 'a' : 'b',
      tokens,
      headers: { 'x-tokens': String(tokens) },
      perSecond: 5,
    })),
    seconds: 20,
  },
];
const placements = [
  { workers: 1 },
  { workers: 2 },
  { workers: 4 },
  { workers: 2, apart: true },
  { workers: 4, apart: true },
];

/** Never more than the quota at any moment (`expectSound`), and nearly all of it while requests ask for it. */
describe.each(placements)('the quota is exact, %o', ({ workers, apart }) => {
  it.each(demands)('$name', ({ bucket, flows, seconds }) => {
    const traffic = sendTraffic({
      scheduler: scheduler(
        bucket,
        {
          a: { queueTimeoutMillis: 800 },
          b: { queueTimeoutMillis: 800, priority: 3 },
          half: { tokens: 0.5, queueTimeoutMillis: 800 },
        },
        { costFrom: [{ on: 'header', name: 'x-tokens' }] },
      ),
      flows: flows.map((flow, index) => (apart ? { ...flow, on: [index % workers] } : flow)),
      durationMillis: seconds * 1000,
      workers,
    });
    expectSound(traffic);
    const { tokens, quota } = unused(traffic);
    // Of small quotas, less than one request.
    const largest = Math.max(...flows.map((flow) => flow.tokens ?? 1));
    expect(tokens).toBeLessThan(Math.max(0.01 * quota, largest));
  });
});

describe('workers that race', () => {
  it.each([2, 3, 4])('%i of them never take more than there is, and lose nothing', (workers) => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = dice(seed);
      const capacity = random.whole(1, 30);
      const fill = random.whole(1, 50);
      const settings = scheduler(
        { capacity, fill },
        { a: { queueTimeoutMillis: 60_000 }, b: { priority: 5, queueTimeoutMillis: 60_000 } },
      );
      const simulator = simulate(settings, { workers, seed });
      const traffic: Traffic = {
        scheduler: settings,
        simulator,
        requests: [],
        admissions: [],
        durationNanos: 0,
        contexts: Array.from({ length: workers }, (_, worker) => simulator.contextCount(worker)),
      };
      const start = simulator.now();
      let sent = 0;
      for (let round = 0; round < 4; round++) {
        const count = random.whole(5, 25);
        sent += count;
        const entries = Array.from({ length: count }, () => {
          const worker = random.whole(0, workers - 1);
          const name = random.one(['a', 'b']);
          return { worker, run: () => void send(traffic, start, { name }, worker) };
        });
        simulator.race(entries, seed * 10 + round, { chance: 0.6 });
        simulator.advanceMillis(random.whole(0, 700));
      }
      simulator.advanceMillis(130_000);
      expect([seed, leftovers(traffic)]).toEqual([seed, []]);
      expect([seed, countOf(traffic.requests, 'admitted')]).toEqual([seed, sent]);
      let tokens = 0;
      for (const { endedNanos } of traffic.admissions) {
        tokens++;
        expect(tokens).toBeLessThanOrEqual(quotaAt(settings.bucket, endedNanos));
      }
      // All that waited went on as fast as tokens came, a tick later at most.
      const last = traffic.admissions.at(-1)!.endedNanos;
      expect(quotaAt(settings.bucket, last - 22e6)).toBeLessThanOrEqual(sent + fill * 3);
    }
  });
});
