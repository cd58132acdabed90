import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Limit } from '../../host/src/plan/plugin-configuration.ts';
import { admittedOf, isAdmitted, secondNanos, simulate, tokenBucket } from './modules.ts';

describe('one bucket over all workers', () => {
  it.each([1, 2, 4])('admits exactly 10 of 600 with %i workers', (workers) => {
    const simulator = simulate([{ name: 'a', limit: tokenBucket(10, 60) }], { workers });
    expect(admittedOf(simulator, 600)).toBe(10);
  });

  it.each([1, 2, 4])('admits exactly what is there when %i workers race for it', (workers) => {
    for (let seed = 1; seed <= 50; seed++) {
      const simulator = simulate([{ name: 'a', limit: tokenBucket(10, 60) }], { workers, seed });
      const arrivals = Array.from({ length: 60 }, (_, index) => ({ worker: index % workers }));
      const streams = simulator.race(arrivals, seed, { chance: 0.8 });
      expect(streams.filter((stream) => stream?.outcome.kind === 'admitted')).toHaveLength(10);
    }
  });

  it('admits exactly a large quota in one burst, leases and all', () => {
    for (const workers of [1, 2, 4]) {
      const simulator = simulate([{ name: 'a', limit: tokenBucket(100_000, 3600) }], { workers });
      let admitted = 0;
      // 120,000 requests within 0.6 s, which bring 16 tokens.
      for (let index = 0; index < 120_000; index++) {
        simulator.advanceNanos(5000);
        if (isAdmitted(simulator, { worker: index % workers })) admitted++;
      }
      expect(admitted).toBe(100_000 + Math.floor((0.6 * 100_000) / 3600));
    }
  });

  it('asks the ledger for few of the requests of a worker in a hurry', () => {
    const simulator = simulate([{ name: 'a', limit: tokenBucket(1_000_000, 1) }]);
    for (let index = 0; index < 10_000; index++) {
      simulator.advanceNanos(10_000);
      isAdmitted(simulator);
    }
    expect(simulator.hostCalls('proxy_on_request_headers').proxy_set_shared_data).toBeLessThan(400);
  });

  it('gives leases back when a worker falls silent, and then stops ticking', () => {
    const simulator = simulate([{ name: 'a', limit: tokenBucket(20_000, 3600) }], { workers: 2 });
    for (let index = 0; index < 1003; index++) {
      simulator.advanceNanos(1000);
      isAdmitted(simulator, { worker: 0 });
    }
    expect(simulator.nextTickNanos()).toBeDefined();
    simulator.advanceMillis(200);
    expect(simulator.nextTickNanos()).toBeUndefined();
    // 1.2 s bring one token.
    expect(admittedOf(simulator, 25_000, { worker: 1 })).toBe(20_000 - 1003 + 1);
  });

  it('keeps every window within the limit and loses nothing under demand, whatever the arrivals', () => {
    const arrivals = fc.array(
      fc.record({
        worker: fc.nat(3),
        gapMicros: fc.oneof(fc.nat(300), fc.nat(40_000)),
        burst: fc.integer({ min: 1, max: 60 }),
      }),
      { minLength: 20, maxLength: 80 },
    );
    fc.assert(
      fc.property(
        arrivals,
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 3000 }),
        (steps, maxTokens, perSecond) => {
          const simulator = simulate([{ name: 'a', limit: tokenBucket(maxTokens, 1, perSecond) }], {
            workers: 4,
          });
          // The naive oracle: a bucket in exact fractions (a token is 10^9 units), known to all at once.
          let units = BigInt(maxTokens) * BigInt(secondNanos);
          let last = simulator.now();
          let stranded = 0;
          for (const step of steps) {
            simulator.advanceNanos(step.gapMicros * 1000);
            const now = simulator.now();
            units += (now - last) * BigInt(perSecond);
            if (units > BigInt(maxTokens) * BigInt(secondNanos))
              units = BigInt(maxTokens) * BigInt(secondNanos);
            last = now;
            for (let index = 0; index < step.burst; index++) {
              const isThere = units >= BigInt(secondNanos);
              const admitted = isAdmitted(simulator, { worker: step.worker });
              if (admitted) units -= BigInt(secondNanos);
              // Never more than the oracle; less only by what other workers hold, at most 1/16 of the bucket.
              expect(units).toBeGreaterThanOrEqual(0n);
              if (isThere && !admitted) stranded = Math.max(stranded, Number(units / BigInt(secondNanos)));
            }
          }
          expect(stranded).toBeLessThanOrEqual(Math.ceil(maxTokens / 16));
        },
      ),
      { seed: 7, numRuns: 150 },
    );
  });
});

describe('buckets of keys', () => {
  const rule = { name: 'a', limit: tokenBucket(5, 60), key: [{ on: 'header' as const, name: 'x-user' }] };

  it('are exact for each key over all workers', () => {
    const simulator = simulate([rule], { workers: 4 });
    for (let user = 0; user < 500; user++) {
      expect(admittedOf(simulator, 12, { headers: { 'x-user': `user-${user}` } })).toBe(5);
    }
  });

  it('are exact when workers race for them', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const simulator = simulate([{ ...rule, keyCapacity: 32 }], { workers: 4, seed });
      const arrivals = Array.from({ length: 80 }, (_, index) => ({
        worker: index % 4,
        headers: { 'x-user': `user-${index % 5}` },
      }));
      const streams = simulator.race(arrivals, seed, { chance: 0.8 });
      expect(streams.filter((stream) => stream?.outcome.kind === 'admitted')).toHaveLength(25);
    }
  });

  it('keep a limited client limited while a hundred thousand others pass by, in memory that does not grow', () => {
    const simulator = simulate([{ ...rule, keyCapacity: 1024 }], { workers: 2 });
    expect(admittedOf(simulator, 20, { headers: { 'x-user': 'limited' } })).toBe(5);
    const entries = simulator.sharedData.entries();
    const bytes = simulator.memoryBytes(0);
    for (let user = 0; user < 100_000; user++)
      simulator.request({ headers: { 'x-user': `passing-${user}` } }).end();
    expect(admittedOf(simulator, 20, { headers: { 'x-user': 'limited' } })).toBe(0);
    expect(simulator.sharedData.entries()).toBe(entries);
    expect(simulator.memoryBytes(0)).toBe(bytes);
  });
});

describe('state', () => {
  it('of an untouched rule outlives 100 updates of another', () => {
    const untouched = { name: 'untouched', hosts: ['a.example'], limit: tokenBucket(1000, 3600) };
    const edited = (quota: number) => ({
      name: 'edited',
      hosts: ['b.example'],
      limit: tokenBucket(quota, 60),
    });
    const simulator = simulate([untouched, edited(1)], { workers: 2 });
    let admitted = 0;
    for (let edit = 1; edit <= 100; edit++) {
      for (let index = 0; index < 7; index++) {
        if (isAdmitted(simulator, { authority: 'a.example', worker: index % 2 })) admitted++;
      }
      expect(
        simulator.updateConfiguration({ version: 1, rateLimits: [untouched, edited(edit)] }).accepted,
      ).toBe(true);
    }
    admitted += admittedOf(simulator, 1000, { authority: 'a.example' });
    expect(admitted).toBe(1000);
  });

  it('of an edited rule keeps what was spent', () => {
    const simulator = simulate([{ name: 'a', limit: tokenBucket(10, 60) }]);
    expect(admittedOf(simulator, 8)).toBe(8);
    simulator.updateConfiguration({ version: 1, rateLimits: [{ name: 'a', limit: tokenBucket(20, 60) }] });
    expect(admittedOf(simulator, 50)).toBe(12);
  });

  const former = [
    { name: 'a', limit: tokenBucket(10, 60) },
    {
      name: 'a',
      limit: { algorithm: 'slidingWindow' as const, maxRequests: 10, windowNanos: 60 * secondNanos },
    },
  ].flatMap((rule) => [rule, { ...rule, key: [{ on: 'header' as const, name: 'x-user' }] }]);
  const withQuota = (limit: Limit, quota: number): Limit =>
    limit.algorithm === 'tokenBucket' ? tokenBucket(quota, 60) : { ...limit, maxRequests: quota };

  it.each(former)('that is used up fills again after its limit was lowered: %j', (rule) => {
    const simulator = simulate([rule], { workers: 2 });
    expect(admittedOf(simulator, 20)).toBe(10);
    simulator.updateConfiguration({ version: 1, rateLimits: [{ ...rule, limit: withQuota(rule.limit, 5) }] });
    expect(admittedOf(simulator, 20)).toBe(0);
    simulator.advanceMillis(70_000);
    expect(admittedOf(simulator, 20)).toBe(5);
  });

  it.each(former)('counts what has come back before an edit: %j', (rule) => {
    const simulator = simulate([rule]);
    expect(admittedOf(simulator, 20)).toBe(10);
    simulator.advanceMillis(3_600_000);
    simulator.updateConfiguration({
      version: 1,
      rateLimits: [{ ...rule, limit: withQuota(rule.limit, 11) }],
    });
    expect(admittedOf(simulator, 20)).toBe(11);
  });

  it('stays as it was when a bad update is refused', () => {
    const simulator = simulate([{ name: 'a', limit: tokenBucket(10, 60) }]);
    admittedOf(simulator, 8);
    const result = simulator.updateConfiguration({
      version: 1,
      rateLimits: [{ name: 'a', limit: tokenBucket(0, 60) }],
    });
    expect(result).toMatchObject({
      accepted: false,
      error: expect.stringContaining(
        'rateLimits[0].limit.maxTokens: expected a whole number from 1 to 9007199254740991, got 0',
      ),
    });
    expect(admittedOf(simulator, 50)).toBe(2);
  });

  it('does not grow the VM over 300 updates', () => {
    const rules = (quota: number) =>
      Array.from({ length: 50 }, (_, index) => ({
        name: `rule-${index}`,
        hosts: [`h${index}.example`],
        limit: tokenBucket(quota, 60),
      }));
    const simulator = simulate(rules(1));
    for (let edit = 1; edit <= 20; edit++)
      simulator.updateConfiguration({ version: 1, rateLimits: rules(edit) });
    const bytes = simulator.memoryBytes(0);
    for (let edit = 1; edit <= 300; edit++)
      simulator.updateConfiguration({ version: 1, rateLimits: rules(edit) });
    expect(simulator.memoryBytes(0)).toBe(bytes);
  });
});
