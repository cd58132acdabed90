import type { CircuitBreaker } from '../../host/src/plan/plugin-configuration.ts';

/** A breaker as one would write it who has all calls in one list and all the time there is. */
export class NaiveBreaker {
  state: 'closed' | 'open' | 'half-open' = 'closed';
  #calls: { at: number; failed: boolean; slow: boolean }[] = [];
  #generation = 0;
  #openUntil = 0;
  #openings = 0;
  #probes: { failed: boolean; slow: boolean }[] = [];
  #permits = new Map<number, number>();
  #lastPermit = 0;
  readonly #breaker: CircuitBreaker;

  constructor(breaker: CircuitBreaker) {
    this.#breaker = breaker;
  }

  /** What to come back with, or undefined when the request is refused. */
  admit(now: number): { generation: number; permit: number } | undefined {
    if (this.state === 'open' && now >= this.#openUntil) this.#pass('half-open');
    if (this.state === 'closed') return { generation: this.#generation, permit: 0 };
    if (this.state === 'open') return undefined;
    for (const [permit, expires] of this.#permits) if (now >= expires) this.#permits.delete(permit);
    if (this.#probes.length + this.#permits.size >= this.#breaker.halfOpen!.probes!) return undefined;
    const permit = ++this.#lastPermit;
    this.#permits.set(permit, now + this.#breaker.halfOpen!.probeNanos!);
    return { generation: this.#generation, permit };
  }

  /** `undefined`: it came to nothing. */
  finish(
    call: { generation: number; permit: number },
    result: { failed: boolean; slow: boolean } | undefined,
    now: number,
  ): void {
    if (call.generation !== this.#generation) return;
    if (this.state === 'closed') {
      if (result === undefined) return;
      this.#calls.push({ at: now, ...result });
      if (this.#trips(now)) this.#open(now);
      return;
    }
    const expires = this.#permits.get(call.permit);
    this.#permits.delete(call.permit);
    if (expires === undefined || now >= expires || result === undefined) return;
    this.#probes.push(result);
    if (this.#probes.length < this.#breaker.halfOpen!.probes!) return;
    const share = (bad: 'failed' | 'slow') =>
      this.#probes.filter((probe) => probe[bad]).length / this.#probes.length;
    const { failureRate, consecutiveFailures, slowCallRate, maxSlowCalls } = this.#breaker;
    const looksAtFailures = failureRate !== undefined || consecutiveFailures !== undefined;
    const looksAtSlow = slowCallRate !== undefined || maxSlowCalls !== undefined;
    if (looksAtFailures && share('failed') >= (failureRate ?? 5000) / 10_000) this.#open(now);
    else if (looksAtSlow && share('slow') >= (slowCallRate ?? 5000) / 10_000) this.#open(now);
    else {
      this.#pass('closed');
      this.#openings = 0;
      this.#calls = [];
    }
  }

  #trips(now: number): boolean {
    const { consecutiveFailures, failureRate, slowCallRate, maxSlowCalls, minimumCalls = 0 } = this.#breaker;
    const row = this.#calls.findLastIndex(({ failed }) => !failed);
    if (consecutiveFailures !== undefined && this.#calls.length - 1 - row >= consecutiveFailures) return true;
    const window = this.#window(now);
    if (window.length < Math.max(minimumCalls, 1)) return false;
    const failed = window.filter((call) => call.failed).length;
    const slow = window.filter((call) => call.slow).length;
    if (failureRate !== undefined && failed * 10_000 >= failureRate * window.length) return true;
    if (slowCallRate !== undefined && slow * 10_000 >= slowCallRate * window.length) return true;
    return maxSlowCalls !== undefined && slow > maxSlowCalls;
  }

  #window(now: number) {
    const window = this.#breaker.window!;
    if ('calls' in window) return this.#calls.slice(-window.calls);
    const slice = Math.floor(window.nanos / 10);
    return this.#calls.filter(({ at }) => Math.floor(at / slice) > Math.floor(now / slice) - 10);
  }

  #open(now: number): void {
    const { nanos = 0, backoffThousandths = 1000, maxNanos = Number.POSITIVE_INFINITY } = this.#breaker.open!;
    this.#pass('open');
    this.#openUntil = now + Math.min(nanos * (backoffThousandths / 1000) ** this.#openings++, maxNanos);
  }

  #pass(state: 'closed' | 'open' | 'half-open'): void {
    this.state = state;
    this.#generation++;
    this.#probes = [];
    this.#permits.clear();
  }
}
