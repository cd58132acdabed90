import { AtomicGauge } from '../atomic-gauge';
import { FAILURES, MICROS, SLOW, SUCCESSES } from '../../core/circuit-breaker/layout';
import { uniqueStatisticName } from '../metrics';

const PREFIX = 'sluice.circuit_breaker.';

/**
 * The calls of one breaker, counted by all workers on gauges: one host call for a good call, no compare-and-set. They
 * only grow; the record says what they were when a window began. They are what operators see as calls by outcome.
 */
export class Tallies {
  private readonly version: AtomicGauge;
  private readonly successes: AtomicGauge;
  private readonly failures: AtomicGauge;
  private readonly slow: AtomicGauge;
  private readonly micros: AtomicGauge;

  constructor(name: StaticArray<u8>, private readonly measuresSlow: bool, private readonly sumsTime: bool) {
    const prefix = PREFIX + uniqueStatisticName(name);
    this.version = new AtomicGauge(prefix + '.version');
    this.successes = new AtomicGauge(prefix + '.calls_succeeded');
    this.failures = new AtomicGauge(prefix + '.calls_failed');
    this.slow = new AtomicGauge(prefix + '.calls_slow');
    this.micros = new AtomicGauge(prefix + '.call_micros');
  }

  /** False when the statistics drop any of them: then calls must be counted in the record. */
  define(): bool {
    if (!this.version.define() || !this.successes.define() || !this.failures.define()) return false;
    if (this.measuresSlow && !this.slow.define()) return false;
    return !this.sumsTime || this.micros.define();
  }

  add(isFailure: bool, isSlow: bool, micros: u64): void {
    if (this.sumsTime) this.micros.add(micros);
    if (isSlow && this.measuresSlow) this.slow.add(1);
    if (isFailure) this.failures.add(1);
    else this.successes.add(1);
  }

  /** Grows whenever the record has changed in a way that others must see. A hint: it says when to look at the record. */
  get recordVersion(): u64 { return this.version.value; }

  announce(): void { this.version.add(1); }

  get failed(): u64 { return this.failures.value; }
  get slowOnes(): u64 { return this.measuresSlow ? this.slow.value : 0; }
  get totalMicros(): u64 { return this.sumsTime ? this.micros.value : 0; }
  get succeeded(): u64 { return this.successes.value; }

  /** Writes what they read now into the totals of a state. */
  writeTo(totals: usize): void {
    store<u64>(totals, this.failed, FAILURES);
    store<u64>(totals, this.slowOnes, SLOW);
    store<u64>(totals, this.totalMicros, MICROS);
    store<u64>(totals, this.succeeded, SUCCESSES);
  }
}
