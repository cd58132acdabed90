import { describe, expect, it } from 'vitest';
import type { Simulator, Stream } from '../../host/src/simulator/index.ts';
import { begin, end, keepings, simulateBreaker, stateOf } from './simulated-breaker.ts';

const second = 1_000_000_000;
const seeds = Array.from({ length: 25 }, (_, index) => index + 1);
const overWorkers = [1, 2, 4] as const;
const places = keepings.flatMap((keeping) => overWorkers.map((workers) => [keeping, workers] as const));

/** Requests over the workers in turn, as many as `count`, all racing; those that passed. */
function race(simulator: Simulator, count: number, seed: number): Stream[] {
  const arrivals = Array.from({ length: count }, (_, index) => ({ worker: index % simulator.workers }));
  return simulator
    .race(arrivals, seed, { chance: 0.7 })
    .filter((stream): stream is Stream => stream?.outcome.kind === 'admitted');
}

/** Ends calls on their own workers, all racing. */
function raceToEnd(simulator: Simulator, calls: Stream[], outcome: string, seed: number): void {
  const steps = calls.map((call) => ({ worker: call.worker, run: () => end(simulator, call, outcome) }));
  simulator.race(steps, seed, { chance: 0.7 });
}

describe.each(places)('kept by %s, over %i workers', (keeping, workers) => {
  it('never has more probes under way than are permitted, while the upstream hangs', () => {
    for (const seed of seeds) {
      const probes = 1 + (seed % 5);
      const breaker = { consecutiveFailures: 1, open: { nanos: second }, halfOpen: { probes } };
      const simulator = simulateBreaker(breaker, keeping, { workers, seed });
      end(simulator, begin(simulator)!, 'fail');
      for (let round = 0; round < 4; round++) {
        simulator.advanceMillis(1000);
        const underWay = race(simulator, 40, seed * 10 + round);
        expect(underWay, `seed ${seed}`).toHaveLength(probes);
        simulator.advanceMillis(14_000);
        expect(race(simulator, 40, seed * 100 + round)).toHaveLength(0);
        // The route's timeout.
        raceToEnd(simulator, underWay, 'timeout', seed);
        expect(stateOf(simulator, keeping)).toBe('open');
      }
    }
  });

  it('never has more permits out than are permitted, while probes come to nothing', () => {
    for (const seed of seeds) {
      const breaker = {
        consecutiveFailures: 1,
        open: { nanos: second },
        halfOpen: { probes: 3, probeNanos: second },
      };
      const simulator = simulateBreaker(breaker, keeping, { workers, seed });
      end(simulator, begin(simulator)!, 'fail');
      simulator.advanceMillis(1000);
      for (let round = 0; round < 10; round++) {
        const underWay = race(simulator, 20, seed * 10 + round);
        expect(underWay).toHaveLength(3);
        if (round % 3 === 0) raceToEnd(simulator, underWay, 'gone', seed);
        else if (round % 3 === 1) raceToEnd(simulator, underWay, 'local', seed);
        else simulator.advanceMillis(1000);
        expect(stateOf(simulator, keeping)).toBe('half-open');
      }
      const last = race(simulator, 20, seed);
      raceToEnd(simulator, last, 'ok', seed);
      expect(stateOf(simulator, keeping)).toBe('closed');
    }
  });

  it('opens once the last of the calls that trip it has ended, whoever ends it, and once only', () => {
    for (const seed of seeds) {
      const breaker = { minimumCalls: 10, failureRate: 4000, window: { nanos: 10 * second } };
      const simulator = simulateBreaker(breaker, keeping, { workers, seed });
      const calls = race(simulator, 10, seed);
      expect(calls).toHaveLength(10);
      const steps = calls.map((call, index) => ({
        worker: call.worker,
        run: () => end(simulator, call, index < 6 ? 'ok' : 'fail'),
      }));
      simulator.race(steps, seed, { chance: 0.7 });
      expect(stateOf(simulator, keeping), `seed ${seed}`).toBe('open');
      expect(race(simulator, 20, seed)).toHaveLength(0);
      if (keeping !== 'record') expect(simulator.metrics.value('sluice.circuit_breaker.a.opened')).toBe(1n);
    }
  });

  it('opens at the last of so many failures in a row, and at none less', () => {
    for (const seed of seeds) {
      const simulator = simulateBreaker({ consecutiveFailures: 8 }, keeping, { workers, seed });
      raceToEnd(simulator, race(simulator, 7, seed), 'fail', seed);
      expect(stateOf(simulator, keeping)).toBe('closed');
      raceToEnd(simulator, race(simulator, 1, seed), 'fail', seed);
      expect(stateOf(simulator, keeping)).toBe('open');
    }
  });

  it('loses no bad call of a window of calls', () => {
    for (const seed of seeds) {
      const breaker = { window: { calls: 100 }, minimumCalls: 40, failureRate: 5000 };
      const simulator = simulateBreaker(breaker, keeping, { workers, seed });
      raceToEnd(simulator, race(simulator, 20, seed), 'ok', seed);
      raceToEnd(simulator, race(simulator, 19, seed), 'fail', seed);
      expect(stateOf(simulator, keeping)).toBe('closed');
      raceToEnd(simulator, race(simulator, 1, seed), 'fail', seed);
      expect(stateOf(simulator, keeping), `seed ${seed}`).toBe('open');
    }
  });
});
