import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CircuitBreaker } from '../../host/src/plan/plugin-configuration.ts';
import type { Stream } from '../../host/src/simulator/index.ts';
import { runs } from '../fuzz/runs.ts';
import { NaiveBreaker } from './naive-breaker.ts';
import { begin, keepings, simulateBreaker, stateOf } from './simulated-breaker.ts';

const second = 1_000_000_000;
const millis = 1_000_000;
const slowNanos = 100 * millis;

const breakers: fc.Arbitrary<CircuitBreaker> = fc
  .record(
    {
      window: fc.oneof(
        fc.record({ nanos: fc.integer({ min: 1, max: 40 }).map((tenths) => tenths * 100 * millis) }),
        fc.record({ calls: fc.integer({ min: 1, max: 40 }) }),
      ),
      minimumCalls: fc.integer({ min: 0, max: 12 }),
      failureRate: fc.integer({ min: 1, max: 10_000 }),
      slowCallRate: fc.integer({ min: 1, max: 10_000 }),
      maxSlowCalls: fc.integer({ min: 0, max: 6 }),
      consecutiveFailures: fc.integer({ min: 1, max: 6 }),
      open: fc.record({
        nanos: fc.integer({ min: 1, max: 3000 }).map((value) => value * millis),
        backoffThousandths: fc.constantFrom(1000, 2000, 3000),
        maxNanos: fc.constant(5 * second),
      }),
      halfOpen: fc.record({
        probes: fc.integer({ min: 1, max: 5 }),
        probeNanos: fc.integer({ min: 1, max: 2000 }).map((value) => value * millis),
      }),
    },
    { requiredKeys: ['window', 'minimumCalls', 'open', 'halfOpen'] },
  )
  .map(({ window, minimumCalls, maxSlowCalls, ...rest }): CircuitBreaker => {
    const size = 'calls' in window ? window.calls : Number.POSITIVE_INFINITY;
    const slow = rest.slowCallRate !== undefined || (maxSlowCalls !== undefined && maxSlowCalls < size);
    const some = slow || rest.failureRate !== undefined || rest.consecutiveFailures !== undefined;
    return {
      name: 'a',
      window,
      minimumCalls: Math.min(minimumCalls, size),
      ...rest,
      ...(maxSlowCalls !== undefined && maxSlowCalls < size && { maxSlowCalls }),
      ...(slow && { slowCallNanos: slowNanos }),
      ...(!some && { failureRate: 5000 }),
    };
  });

const step = fc.record({
  worker: fc.nat(2),
  /** A request, or the end of one of those under way. */
  ends: fc.boolean(),
  which: fc.nat(30),
  outcome: fc.constantFrom('ok', 'ok', 'ok', 'fail', 'fail', 'nothing'),
  waitMillis: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(60), fc.nat(1500)),
});

describe.each(keepings)('a breaker kept by %s', (keeping) => {
  it('does what the naive breaker does, whatever its settings and its calls', () => {
    fc.assert(
      fc.property(breakers, fc.array(step, { minLength: 30, maxLength: 250 }), (breaker, steps) => {
        const simulator = simulateBreaker(breaker, keeping, { workers: 3 });
        const naive = new NaiveBreaker(breaker);
        const underWay: { stream: Stream; call: { generation: number; permit: number }; began: number }[] =
          [];
        const now = () => Number(simulator.now());
        steps.forEach(({ worker, ends, which, outcome, waitMillis }, index) => {
          simulator.advanceMillis(waitMillis);
          if (!ends || underWay.length === 0) {
            const stream = begin(simulator, { worker });
            const call = naive.admit(now());
            expect(stream !== undefined, `step ${index}`).toBe(call !== undefined);
            if (stream !== undefined) underWay.push({ stream, call: call!, began: now() });
          } else {
            const [{ stream, call, began }] = underWay.splice(which % underWay.length, 1) as [
              (typeof underWay)[0],
            ];
            const slow = breaker.slowCallNanos !== undefined && now() - began > slowNanos;
            if (outcome === 'nothing') stream.clientGone();
            else {
              stream.respond({ status: outcome === 'ok' ? 200 : 503 });
              stream.end();
            }
            naive.finish(
              call,
              outcome === 'nothing' ? undefined : { failed: outcome === 'fail', slow },
              now(),
            );
          }
          expect(stateOf(simulator, keeping), `step ${index}`).toBe(naive.state);
        });
      }),
      runs(12, 300),
    );
  });
});
