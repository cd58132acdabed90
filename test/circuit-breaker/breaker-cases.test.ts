import { describe, expect, it } from 'vitest';
import type { Stream } from '../../host/src/simulator/index.ts';
import { type BreakerCase, parseStep } from './breaker-case.ts';
import { breakerCases } from './breaker-cases.ts';
import { begin, end, type Keeping, keepings, simulateBreaker, stateOf } from './simulated-breaker.ts';

function run({ breaker, steps }: BreakerCase, keeping: Keeping, workers: number): void {
  const simulator = simulateBreaker(breaker, keeping, { workers });
  const calls = new Map<string, Stream>();
  let arrivals = 0;
  const arrival = () => ({ worker: arrivals++ % workers });
  steps.forEach((text, index) => {
    const step = parseStep(text);
    const place = `step ${index}, ${text}`;
    switch (step.does) {
      case 'call':
        for (let count = 0; count < step.times; count++) {
          const stream = begin(simulator, arrival());
          expect(stream, place).toBeDefined();
          end(simulator, stream!, step.outcome);
        }
        break;
      case 'refused':
        for (let count = 0; count < step.times; count++) {
          const { outcome } = simulator.request(arrival());
          expect(outcome, place).toMatchObject({
            kind: 'localReply',
            details: 'sluice_circuit_open:a',
            status: 503,
          });
          if (step.retryAfter === undefined || outcome.kind !== 'localReply') continue;
          expect(Object.fromEntries(outcome.headers)['retry-after'], place).toBe(step.retryAfter);
        }
        break;
      case 'begin': {
        const stream = begin(simulator, arrival());
        expect(stream, place).toBeDefined();
        calls.set(step.call, stream!);
        break;
      }
      case 'end':
        end(simulator, calls.get(step.call)!, step.outcome);
        break;
      case 'wait':
        simulator.advanceMillis(step.millis);
        break;
      case 'is':
        expect(stateOf(simulator, keeping), place).toBe(step.state);
    }
  });
  for (let worker = 0; worker < workers; worker++) expect(simulator.failure(worker)).toBeUndefined();
}

describe.each(keepings)('a breaker kept by %s', (keeping) => {
  describe.each([1, 3])('over %i workers', (workers) => {
    it.each(breakerCases.map((each) => [each.name, each] as const))('%s', (_, each) =>
      run(each, keeping, workers),
    );
  });
});
