import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  Cost,
  Limit,
  RateLimitRule,
  SlidingWindowLimit,
  TokenBucketLimit,
} from '../../host/src/plan/plugin-configuration.ts';
import type { RequestOptions, Simulator } from '../../host/src/simulator/index.ts';
import { isAdmitted, secondNanos, simulate } from '../module/modules.ts';
import { type NaiveLimit, naiveLimit } from './naive-limits.ts';
import { moduleBytes, runs, timeLimitMillis } from './runs.ts';

/** What buckets admit, refuse and tell, against exact oracles that remember everything. */

const workers = 3;
/** A worker may answer so long from memory (assembly/runtime/buckets/refusal-memory.ts). */
const longestMemoryNanos = 10_000_000n;

const nanos = (millis: number) => millis * 1_000_000;
const slidingWindow: fc.Arbitrary<SlidingWindowLimit> = fc.record({
  algorithm: fc.constant('slidingWindow' as const),
  maxRequests: fc.integer({ min: 1, max: 20 }),
  windowNanos: fc.oneof(
    fc.integer({ min: nanos(16), max: nanos(200) }),
    fc.integer({ min: 1, max: 10 }).map((seconds) => seconds * secondNanos),
  ),
});
const tokenBucket: fc.Arbitrary<TokenBucketLimit> = fc.record({
  algorithm: fc.constant('tokenBucket' as const),
  maxTokens: fc.integer({ min: 1, max: 20 }),
  tokensPerFill: fc.integer({ min: 1, max: 30 }),
  fillIntervalNanos: fc.oneof(
    fc.integer({ min: nanos(1), max: nanos(200) }),
    fc.integer({ min: 1, max: 10 }).map((seconds) => seconds * secondNanos),
  ),
});
const limit: fc.Arbitrary<Limit> = fc.oneof(slidingWindow, tokenBucket);

/** Largest request of any limit of the rule. */
function maxCost(limits: readonly Limit[]): number {
  return Math.min(...limits.map((each) => ('maxTokens' in each ? each.maxTokens : each.maxRequests)));
}

function costWithin(most: number): fc.Arbitrary<Cost | undefined> {
  const whole = fc.integer({ min: 1, max: most });
  return fc.oneof(
    fc.constant(undefined),
    fc.record({ fixed: whole }),
    whole.chain((max) =>
      fc.record(
        { header: fc.constant('x-cost'), max: fc.constant(max), default: fc.integer({ min: 1, max }) },
        { requiredKeys: ['header', 'max'] },
      ),
    ),
  );
}

const ruleBase = fc
  .record({
    limit,
    // Sometimes of the very numbers of the rule: the buckets are two all the same.
    override: fc.option(fc.oneof(limit, fc.constant('same' as const))),
    isKeyed: fc.boolean(),
    shadowMode: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  })
  .map((rule) => ({ ...rule, override: rule.override === 'same' ? rule.limit : rule.override }))
  .chain((rule) =>
    costWithin(maxCost(rule.override === null ? [rule.limit] : [rule.limit, rule.override])).map((cost) => ({
      ...rule,
      cost,
    })),
  );
type RuleBase = typeof ruleBase extends fc.Arbitrary<infer Base> ? Base : never;

const keyHeader = (name: string) => `x-key-${name}`;

function ruleOf({ limit, override, isKeyed, shadowMode, cost }: RuleBase, index: number): RateLimitRule {
  const name = String(index);
  return {
    name,
    limit,
    shadowMode,
    // A limit that tells what is left holds nothing ahead of need: exact at every moment.
    response: { rateLimitHeaders: true },
    ...(override === null
      ? {}
      : { overrides: [{ match: [{ on: 'header', name: 'x-override', is: 'present' }], limit: override }] }),
    ...(isKeyed ? { key: [{ on: 'header', name: keyHeader(name) }], keyCapacity: 2048 } : {}),
    ...(cost === undefined ? {} : { cost }),
  };
}

interface Step {
  worker: number;
  /** Key of each rule. */
  keys: number[];
  isOverride: boolean;
  cost: string | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
  worker: fc.nat(workers - 1),
  keys: fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }),
  isOverride: fc.boolean(),
  cost: fc.oneof(
    fc.constantFrom(undefined, '', 'x', '1.5', '-1', '007', '99999999999999999999999', '3x'),
    fc.integer({ min: 1, max: 24 }).map(String),
  ),
});
const gapNanos = fc.oneof(
  fc.constant(0),
  fc.nat(nanos(1)),
  fc.nat(nanos(15)),
  fc.nat(nanos(300)),
  fc.nat(5 * secondNanos),
);

function requestOf(
  rules: readonly RateLimitRule[],
  { worker, keys, isOverride, cost }: Step,
): RequestOptions {
  const headers: Record<string, string> = {};
  for (const [index, { name }] of rules.entries()) headers[keyHeader(name)] = String(keys[index]);
  if (isOverride) headers['x-override'] = '';
  if (cost !== undefined) headers['x-cost'] = cost;
  return { worker, headers };
}

function tokensOf(cost: Cost | undefined, header: string | undefined): bigint {
  if (cost === undefined) return 1n;
  if ('fixed' in cost) return BigInt(cost.fixed);
  if (header === undefined || !/^\d+$/.test(header)) return BigInt(cost.default ?? 1);
  const asked = BigInt(header);
  return asked > BigInt(cost.max) ? BigInt(cost.max) : asked;
}

/** All buckets of all rules. */
function createOracle(rules: readonly RateLimitRule[]) {
  const buckets = new Map<string, NaiveLimit>();
  const bucketOf = (rule: RateLimitRule, index: number, { keys, isOverride }: Step) => {
    const override = isOverride ? rule.overrides?.[0] : undefined;
    const name = `${index}/${override !== undefined}/${rule.key === undefined ? '' : keys[index]}`;
    const bucket = buckets.get(name) ?? naiveLimit(override?.limit ?? rule.limit);
    buckets.set(name, bucket);
    return bucket;
  };
  const asked = (now: bigint, arrival: Step) =>
    rules.map((rule, index) => {
      const tokens = tokensOf(rule.cost, arrival.cost);
      const bucket = bucketOf(rule, index, arrival);
      return { rule, tokens, bucket, wait: bucket.waitNanos(now, tokens) };
    });
  return {
    /** The longest wait of the rules that refuse, 0 when none does. */
    waitNanos: (now: bigint, arrival: Step) =>
      asked(now, arrival).reduce(
        (longest, { rule, wait }) => (!rule.shadowMode && wait > longest ? wait : longest),
        0n,
      ),
    /** Takes from all that have enough; rules in shadow that have not are named. */
    take: (now: bigint, arrival: Step) => {
      for (const { bucket, tokens, wait } of asked(now, arrival)) if (wait === 0n) bucket.take(now, tokens);
    },
    refusedInShadow: (now: bigint, arrival: Step) =>
      asked(now, arrival).flatMap(({ rule, wait }, index) => (rule.shadowMode && wait > 0n ? [index] : [])),
  };
}

/** Undefined when admitted, else the seconds told to wait. */
function retryAfter(simulator: Simulator, request: RequestOptions): bigint | undefined {
  const stream = simulator.request(request);
  stream.end();
  const { outcome } = stream;
  if (outcome.kind === 'admitted' && !outcome.bypassed) return undefined;
  if (outcome.kind !== 'localReply') throw new Error(`expected a refusal, got ${outcome.kind}`);
  return BigInt(outcome.headers.find(([name]) => name === 'retry-after')![1]);
}

const ceilSeconds = (wait: bigint) => (wait + 999_999_999n) / 1_000_000_000n;

describe('buckets of several rules', () => {
  it('decide each request as exact ones would, and tell true waits', { timeout: timeLimitMillis }, () => {
    const seen = { admitted: 0, refused: 0, probed: 0, shadow: 0 };
    const probe = fc.constantFrom('none', 'none', 'nanosecond', 'second');
    fc.assert(
      fc.property(
        fc.array(ruleBase, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(gapNanos, step, probe), { minLength: 30, maxLength: 60 }),
        (bases, steps) => {
          const rules = bases.map(ruleOf);
          const simulator = simulate(rules, { module: moduleBytes, workers });
          const oracle = createOracle(rules);
          const admitted = rules.map(() => 0n);
          const shadowRefused = rules.map(() => 0n);
          let lastRefusal = -longestMemoryNanos;

          /** One request, compared; returns the oracle's wait. */
          const compare = (arrival: Step): bigint => {
            const now = simulator.now();
            const wait = oracle.waitNanos(now, arrival);
            const inShadow = oracle.refusedInShadow(now, arrival);
            const told = retryAfter(simulator, requestOf(rules, arrival));
            expect(told === undefined ? 'admitted' : 'refused').toBe(wait === 0n ? 'admitted' : 'refused');
            for (const index of inShadow) shadowRefused[index]!++;
            if (told === undefined) {
              rules.forEach((_, index) => {
                if (!inShadow.includes(index)) admitted[index]!++;
              });
              oracle.take(now, arrival);
              seen.admitted++;
            } else {
              const isFresh = now - lastRefusal >= longestMemoryNanos;
              if (isFresh) expect(told).toBe(ceilSeconds(wait));
              else expect(told).toBeLessThanOrEqual(ceilSeconds(wait));
              lastRefusal = now;
              seen.refused++;
            }
            seen.shadow += inShadow.length;
            return wait;
          };

          for (const [gap, arrival, kind] of steps) {
            simulator.advanceNanos(gap);
            const wait = compare(arrival);
            if (wait === 0n || kind === 'none') continue;
            seen.probed++;
            if (kind === 'second') {
              simulator.advanceNanos(ceilSeconds(wait) * 1_000_000_000n);
            } else {
              simulator.advanceNanos(wait - 1n);
              expect(compare(arrival)).toBe(1n);
              simulator.advanceNanos(1);
            }
            expect(compare(arrival)).toBe(0n);
          }
          const counted = (what: string) =>
            rules.map(({ name }) => simulator.metrics.value(`sluice.rate_limit.${name}.${what}`));
          expect(counted('admitted')).toEqual(admitted);
          expect(counted('shadow_refused')).toEqual(shadowRefused);
        },
      ),
      runs(201, 300),
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(500);
  });

  it('lose and win nothing when workers race and tokens are given back', { timeout: timeLimitMillis }, () => {
    let contended = 0;
    // Long enough that nothing comes back meanwhile.
    const slow = limit.map(
      (each): Limit =>
        each.algorithm === 'tokenBucket'
          ? { ...each, tokensPerFill: 1, fillIntervalNanos: 3600 * secondNanos }
          : { ...each, windowNanos: 3600 * secondNanos },
    );
    const rule = fc
      .tuple(slow, fc.boolean())
      .chain(([limit, isKeyed]) =>
        fc
          .integer({ min: 1, max: Math.min(3, maxCost([limit])) })
          .map((fixed): RuleBase => ({ limit, override: null, isKeyed, shadowMode: false, cost: { fixed } })),
      );
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 4 }),
        fc.array(step, { minLength: 8, maxLength: 30 }),
        fc.array(step, { minLength: 30, maxLength: 30 }),
        fc.nat(1_000_000),
        (bases, racers, later, seed) => {
          const rules = bases.map(ruleOf);
          const simulator = simulate(rules, { module: moduleBytes, workers });
          const oracle = createOracle(rules);
          simulator.resetHostCalls();
          const streams = simulator.race(
            racers.map((arrival) => requestOf(rules, arrival)),
            seed,
            { chance: 0.7 },
          );
          let takes = 0;
          streams.forEach((stream, index) => {
            if (stream?.outcome.kind === 'admitted') {
              oracle.take(simulator.now(), racers[index]!);
              expect(oracle.refusedInShadow(simulator.now(), racers[index]!)).toEqual([]);
              takes += rules.length;
            } else expect(stream?.outcome.kind).toBe('localReply');
            stream?.end();
          });
          if ((simulator.hostCalls().proxy_set_shared_data ?? 0) > takes) contended++;
          simulator.advanceNanos(longestMemoryNanos + 1n);
          for (const arrival of later) {
            const expected = oracle.waitNanos(simulator.now(), arrival) === 0n;
            expect(isAdmitted(simulator, requestOf(rules, arrival))).toBe(expected);
            if (expected) oracle.take(simulator.now(), arrival);
          }
        },
      ),
      runs(202, 400),
    );
    expect(contended).toBeGreaterThan(20);
  });
});

describe('a table with more keys than room', () => {
  it('gives no key more than a bucket of its own would', { timeout: timeLimitMillis }, () => {
    let admitted = 0;
    let evicted = 0;
    const keyed = fc.oneof(
      fc.nat(8),
      fc.nat(400),
      fc.nat(400).map((key) => key >> 2),
    );
    const hit = fc.record({
      gap: fc.oneof(fc.constant(0), fc.nat(nanos(1)), fc.nat(nanos(50))),
      key: keyed,
      worker: fc.nat(workers - 1),
      cost: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(
        limit,
        fc.constantFrom(32, 33, 64),
        fc.array(hit, { minLength: 300, maxLength: 600 }),
        (each, keyCapacity, hits) => {
          const max = maxCost([each]);
          const simulator = simulate(
            [
              {
                name: 'a',
                limit: each,
                key: [{ on: 'header', name: 'x-key' }],
                keyCapacity,
                cost: { header: 'x-cost', max },
              },
            ],
            { module: moduleBytes, workers },
          );
          const buckets = new Map<number, NaiveLimit>();
          const send = (key: number, cost: number, worker: number) => {
            const bucket = buckets.get(key) ?? naiveLimit(each);
            buckets.set(key, bucket);
            const now = simulator.now();
            const tokens = BigInt(Math.min(cost, max));
            const headers = { 'x-key': String(key), 'x-cost': String(cost) };
            if (isAdmitted(simulator, { headers, worker })) {
              admitted++;
              expect(bucket.waitNanos(now, tokens)).toBe(0n);
              bucket.take(now, tokens);
            } else if (bucket.waitNanos(now, tokens) === 0n) evicted++;
          };
          for (const { gap, key, worker, cost } of hits) {
            simulator.advanceNanos(gap);
            send(key, cost, worker);
          }
          // However full it was: in time it forgets, and a new key has a whole bucket.
          simulator.advanceNanos(400n * BigInt(secondNanos));
          expect(isAdmitted(simulator, { headers: { 'x-key': 'new', 'x-cost': String(max) } })).toBe(true);
        },
      ),
      runs(203, 60),
    );
    expect(admitted).toBeGreaterThan(1000);
    expect(evicted).toBeGreaterThan(100);
  });
});

describe('a token bucket of any numbers', () => {
  it('never admits more than an exact one a 256th larger', { timeout: timeLimitMillis }, () => {
    const upTo = (max: number) =>
      fc.oneof(fc.maxSafeNat(), fc.constant(max), fc.nat(1000)).map((value) => 1 + (value % max));
    let refused = 0;
    fc.assert(
      fc.property(
        upTo(Number.MAX_SAFE_INTEGER),
        upTo(Number.MAX_SAFE_INTEGER),
        upTo(31_622_400_000_000).map((thousands) => Math.max(1_000_000, thousands * 1000)),
        fc.array(
          fc.tuple(
            fc.oneof(fc.nat(nanos(1)), fc.maxSafeNat()),
            fc.oneof(
              fc.constantFrom(0, 1),
              fc.nat(1000).map((part) => part / 1000),
            ),
          ),
          { minLength: 10, maxLength: 30 },
        ),
        (maxTokens, tokensPerFill, fillIntervalNanos, hits) => {
          const exact: TokenBucketLimit = {
            algorithm: 'tokenBucket',
            maxTokens,
            tokensPerFill,
            fillIntervalNanos,
          };
          const simulator = simulate(
            [
              {
                name: 'a',
                limit: exact,
                key: [{ on: 'method' }],
                keyCapacity: 32,
                cost: { header: 'x-cost', max: maxTokens },
              },
            ],
            { module: moduleBytes },
          );
          const larger = naiveLimit({ ...exact, maxTokens: maxTokens + Math.ceil(maxTokens / 256) });
          for (const [gap, share] of hits) {
            simulator.advanceNanos(gap);
            const tokens = Math.max(1, Math.floor(maxTokens * share));
            if (isAdmitted(simulator, { headers: { 'x-cost': String(tokens) } })) {
              expect(larger.waitNanos(simulator.now(), BigInt(tokens))).toBe(0n);
              larger.take(simulator.now(), BigInt(tokens));
            } else refused++;
          }
        },
      ),
      runs(204, 400),
    );
    expect(refused).toBeGreaterThan(500);
  });
});
