/** What a breaker does whatever its calls do. */
export const MODE_AUTOMATIC: u32 = 0;
export const MODE_FORCED_OPEN: u32 = 1;
export const MODE_FORCED_CLOSED: u32 = 2;
export const MODE_DISABLED: u32 = 3;
/** Everything but refusing. */
export const MODE_METRICS_ONLY: u32 = 4;

export const WINDOW_OF_TIME: u32 = 0;
export const WINDOW_OF_CALLS: u32 = 1;

/** Rates are told in hundredths of a percent. */
export const WHOLE_RATE: u64 = 10_000;
/** No limit by the number of slow calls. */
export const NO_MOST: u64 = u64.MAX_VALUE;
export const MOST_PROBES: u32 = 32;
export const MOST_WINDOW_CALLS: u32 = 1000;

/** Of probes, where a breaker has a condition on failures or slow calls but no rate: half of them. */
const PROBE_RATE: u64 = 5000;

/**
 * The numbers of a breaker, kept as the bytes in which they stand in a record: comparing, writing and adopting them
 * is comparing and copying bytes. A threshold of 0 is none, but for `mostSlow`.
 */
export class BreakerSettings {
  private readonly bytes: StaticArray<u8> = new StaticArray<u8>(SETTINGS_BYTES);

  constructor() {
    this.mostSlow = NO_MOST;
    this.backoff = 1000;
    this.probes = 1;
  }

  /** Where the bytes are. */
  get pointer(): usize { return changetype<usize>(this.bytes); }

  get mode(): u32 { return load<u32>(this.pointer); }
  set mode(mode: u32) { store<u32>(this.pointer, mode); }
  get windowKind(): u32 { return load<u32>(this.pointer, 4); }
  set windowKind(kind: u32) { store<u32>(this.pointer, kind, 4); }
  /** Nanoseconds, at least `SLICES`, or calls, 1…1000. */
  get windowSize(): u64 { return load<u64>(this.pointer, 8); }
  set windowSize(size: u64) { store<u64>(this.pointer, size, 8); }
  /** No verdict on fewer calls; consecutive failures need none. */
  get minimumCalls(): u64 { return load<u64>(this.pointer, 16); }
  set minimumCalls(calls: u64) { store<u64>(this.pointer, calls, 16); }
  get failureRate(): u32 { return load<u32>(this.pointer, 24); }
  set failureRate(rate: u32) { store<u32>(this.pointer, rate, 24); }
  get slowRate(): u32 { return load<u32>(this.pointer, 28); }
  set slowRate(rate: u32) { store<u32>(this.pointer, rate, 28); }
  /** A call that takes longer is slow. */
  get slowNanos(): u64 { return load<u64>(this.pointer, 32); }
  set slowNanos(nanos: u64) { store<u64>(this.pointer, nanos, 32); }
  get mostSlow(): u64 { return load<u64>(this.pointer, 40); }
  set mostSlow(most: u64) { store<u64>(this.pointer, most, 40); }
  get averageMicros(): u64 { return load<u64>(this.pointer, 48); }
  set averageMicros(micros: u64) { store<u64>(this.pointer, micros, 48); }
  get consecutiveFailures(): u64 { return load<u64>(this.pointer, 56); }
  set consecutiveFailures(most: u64) { store<u64>(this.pointer, most, 56); }
  get openNanos(): u64 { return load<u64>(this.pointer, 64); }
  set openNanos(nanos: u64) { store<u64>(this.pointer, nanos, 64); }
  get mostOpenNanos(): u64 { return load<u64>(this.pointer, 72); }
  set mostOpenNanos(nanos: u64) { store<u64>(this.pointer, nanos, 72); }
  /** By which the open time grows each time it opens again, in thousandths; 1000 = not at all. */
  get backoff(): u32 { return load<u32>(this.pointer, 80); }
  set backoff(thousandths: u32) { store<u32>(this.pointer, thousandths, 80); }
  /** The open time is chosen evenly within ± this share of it, in hundredths of a percent. */
  get jitter(): u32 { return load<u32>(this.pointer, 84); }
  set jitter(rate: u32) { store<u32>(this.pointer, rate, 84); }
  /** Calls let through while half-open, 1…32. */
  get probes(): u32 { return load<u32>(this.pointer, 88); }
  set probes(most: u32) { store<u32>(this.pointer, most, 88); }
  /** A probe that has no result after so long counts as nothing, and another may go. */
  get probeNanos(): u64 { return load<u64>(this.pointer, 96); }
  set probeNanos(nanos: u64) { store<u64>(this.pointer, nanos, 96); }

  get looksAtFailures(): bool { return this.failureRate > 0 || this.consecutiveFailures > 0; }
  get looksAtSlow(): bool { return this.slowRate > 0 || this.mostSlow != NO_MOST; }
  get looksAtTime(): bool { return this.slowNanos > 0 || this.averageMicros > 0; }

  equals(bytes: usize): bool {
    return memory.compare(this.pointer, bytes, SETTINGS_BYTES) == 0;
  }

  writeTo(bytes: usize): void {
    memory.copy(bytes, this.pointer, SETTINGS_BYTES);
  }

  adopt(bytes: usize): void {
    memory.copy(this.pointer, bytes, SETTINGS_BYTES);
  }

  /** Whether a window with these calls opens the breaker: rates at the threshold, numbers and means above theirs. */
  trips(calls: u64, failures: u64, slow: u64, micros: u64): bool {
    if (calls < max<u64>(this.minimumCalls, 1)) return false;
    const failureRate = <u64>this.failureRate;
    if (failureRate > 0 && failures * WHOLE_RATE >= failureRate * calls) return true;
    const slowRate = <u64>this.slowRate;
    if (slowRate > 0 && slow * WHOLE_RATE >= slowRate * calls) return true;
    if (slow > this.mostSlow) return true;
    const average = this.averageMicros;
    return average > 0 && micros > average * calls;
  }

  /** Whether so many results of probes, all that were permitted, open the breaker again. */
  tripsAfterProbes(failures: u64, slow: u64, micros: u64): bool {
    const calls = <u64>this.probes;
    if (this.looksAtFailures && failures * WHOLE_RATE >= probeRate(this.failureRate) * calls) return true;
    if (this.looksAtSlow && slow * WHOLE_RATE >= probeRate(this.slowRate) * calls) return true;
    const average = this.averageMicros;
    return average > 0 && micros > average * calls;
  }
}

function probeRate(rate: u32): u64 {
  return rate > 0 ? <u64>rate : PROBE_RATE;
}

export const SETTINGS_BYTES: i32 = 104;
