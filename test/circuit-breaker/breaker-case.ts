import type { CircuitBreaker } from '../../host/src/plan/plugin-configuration.ts';

/**
 * One table of the state machine, as data. Every case runs through the module, with one worker and with several, on
 * each of the three ways in which a breaker is kept.
 */
export interface BreakerCase {
  /** A sentence. */
  name: string;
  breaker: Partial<CircuitBreaker>;
  /**
   * What happens, in words, one after the other; calls go to the workers in turn:
   * - `ok`, `fail`, `slow`, `slow fail`: a call that passes, and what comes of it; `… × 5`: five of them. A slow call
   *   takes 200 ms, others no time. `reset`, `timeout`, `no connection`, `no host`, `overflow`, `reset late`: how the
   *   upstream fails; `status 404`; `grpc 14`, `grpc 14 alone` (trailers, or no body at all); `local`: another filter
   *   answers; `gone`: the client goes away
   * - `refused`: a request that is refused; `refused for 30`: with this `retry-after`
   * - `begin a`: a call that passes and stays; `end a ok`, `end a fail`, …: it ends so
   * - `wait 1.5s`, `is open`, `is closed`, `is half-open`
   */
  steps: string[];
}

export type Step =
  | { does: 'call'; outcome: string; times: number }
  | { does: 'refused'; retryAfter: string | undefined; times: number }
  | { does: 'begin'; call: string }
  | { does: 'end'; call: string; outcome: string }
  | { does: 'wait'; millis: number }
  | { does: 'is'; state: 'closed' | 'open' | 'half-open' };

export function parseStep(text: string): Step {
  const [what = '', count] = text.split(' × ');
  const times = count === undefined ? 1 : Number(count);
  const words = what.split(' ');
  const [first, second = '', ...rest] = words;
  if (first === 'refused') return { does: 'refused', retryAfter: rest[0], times };
  if (first === 'begin') return { does: 'begin', call: second };
  if (first === 'end') return { does: 'end', call: second, outcome: rest.join(' ') };
  if (first === 'wait') return { does: 'wait', millis: millisOf(second) };
  if (first === 'is') return { does: 'is', state: second as 'closed' | 'open' | 'half-open' };
  return { does: 'call', outcome: what, times };
}

function millisOf(text: string): number {
  const [, number, unit] = /^([\d.]+)(ms|s)$/.exec(text)!;
  return Number(number) * (unit === 's' ? 1000 : 1);
}
