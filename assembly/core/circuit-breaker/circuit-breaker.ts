import { callsSinceRestart, look, mark, restart as restartCalls, windowCalls, windowFailures, windowSlow } from './call-window';
import {
  CLOSED,
  CONSECUTIVE,
  FAILURES,
  GENERATION,
  HALF_OPEN,
  MICROS,
  OPEN,
  OPENINGS,
  OPEN_UNTIL,
  PROBE_FAILURES,
  PROBE_MICROS,
  PROBE_RESULTS,
  PROBE_SLOW,
  SLOW,
  STATUS,
  SUCCESSES,
  SUCCESSES_BEFORE,
  TOTALS,
} from './layout';
import { dropPermits, givePermit, nextExpiry, permitsOut, takePermitBack } from './permits';
import { BreakerSettings, WHOLE_RATE, WINDOW_OF_CALLS } from './settings';
import { advance, restart as restartTime, sliceNanos, windowBase } from './time-window';

/** What a request is told to wait that finds every probe taken: a verdict may come at any moment. */
const PROBE_WAIT_NANOS: u64 = 1_000_000_000;
/** A window of more calls than this has wrapped around: the totals have gone back. */
export const MOST_CALLS: u64 = 1 << 48;
/** A call counts as no longer than this (12 days): sums of them do not overflow. */
const MOST_MICROS: u64 = 1 << 40;
/** The open time no longer grows after so many openings in a row. */
const MOST_GROWTHS: u32 = 64;

/**
 * The state machine of a circuit breaker, over a state in memory (layout.ts). Closed: calls are counted, and the
 * window is judged after each. Open: nothing passes until the open time is over; then the first request makes it
 * half-open. Half-open: as many probes as are permitted pass, and when all have their results these decide.
 * O(1) for a good call; O(window of calls), at most 1,000 steps, for a bad one where the window counts calls.
 *
 * Reference: resilience4j CircuitBreakerStateMachine (open at rate ≥ threshold, verdict after the permitted calls).
 */
export class CircuitBreaker {
  /** After a call of this class: whether the state was changed, and whether it passed into another. */
  hasChanged: bool = false;
  hasPassed: bool = false;
  /** After `admit`: the number of the permit it took, 0 for none. */
  permit: u32 = 0;

  constructor(readonly settings: BreakerSettings) {}

  /** Nanoseconds until the request could pass; 0: it may pass now. */
  admit(state: usize, nowNanos: u64): u64 {
    this.begin();
    const status = load<u32>(state, STATUS);
    if (status == CLOSED) return 0;
    if (status == OPEN) {
      const until = load<u64>(state, OPEN_UNTIL);
      if (nowNanos < until) return until - nowNanos;
      this.pass(state, HALF_OPEN);
    }
    const settings = this.settings;
    if (load<u32>(state, PROBE_RESULTS) + permitsOut(state, nowNanos) >= settings.probes) {
      const expiry = nextExpiry(state);
      return expiry > nowNanos ? min(expiry - nowNanos, PROBE_WAIT_NANOS) : PROBE_WAIT_NANOS;
    }
    this.permit = givePermit(state, nowNanos + settings.probeNanos);
    this.hasChanged = true;
    return 0;
  }

  /** Adds a call to the totals; where they are kept elsewhere, by all workers at once, the caller puts them there. */
  count(state: usize, isFailure: bool, isSlow: bool, micros: u64): void {
    const totals = state + TOTALS;
    const kind = isFailure ? FAILURES : SUCCESSES;
    store<u64>(totals + kind, load<u64>(totals + kind) + 1);
    if (isSlow) store<u64>(totals + SLOW, load<u64>(totals + SLOW) + 1);
    store<u64>(totals + MICROS, load<u64>(totals + MICROS) + min(micros, MOST_MICROS));
  }

  /** Brings the window up to the moment; before a call is counted. */
  advance(state: usize, nowNanos: u64): void {
    this.begin();
    const settings = this.settings;
    if (settings.windowKind == WINDOW_OF_CALLS) return;
    if (advance(state, nowNanos / sliceNanos(settings.windowSize))) this.hasChanged = true;
  }

  /** Judges a call that was admitted while closed, under `generation`, and is counted in the totals. */
  judge(state: usize, generation: u32, isFailure: bool, isSlow: bool, nowNanos: u64, random: u64): void {
    this.begin();
    if (load<u32>(state, GENERATION) != generation || load<u32>(state, STATUS) != CLOSED) return;
    const settings = this.settings;
    if (settings.windowKind == WINDOW_OF_CALLS) {
      if (callsSinceRestart(state) > MOST_CALLS) return this.restartWindow(state, nowNanos);
      if (isFailure || isSlow) {
        mark(state, settings.windowSize, isFailure, isSlow);
        this.hasChanged = true;
      }
    }
    const isInARow = this.countInARow(state, isFailure);
    if (isInARow || this.windowTrips(state, nowNanos)) this.trip(state, nowNanos, random);
  }

  /** The result of a probe. One whose permit has expired, or is of another time, counts as nothing. */
  judgeProbe(
    state: usize,
    generation: u32,
    permit: u32,
    isFailure: bool,
    isSlow: bool,
    micros: u64,
    nowNanos: u64,
    random: u64,
  ): void {
    if (!this.giveBack(state, generation, permit, nowNanos)) return;
    const results = load<u32>(state, PROBE_RESULTS) + 1;
    const failures = load<u32>(state, PROBE_FAILURES) + u32(isFailure);
    const slow = load<u32>(state, PROBE_SLOW) + u32(isSlow);
    const sum = load<u64>(state, PROBE_MICROS) + min(micros, MOST_MICROS);
    store<u32>(state, results, PROBE_RESULTS);
    store<u32>(state, failures, PROBE_FAILURES);
    store<u32>(state, slow, PROBE_SLOW);
    store<u64>(state, sum, PROBE_MICROS);
    if (results < this.settings.probes) return;
    if (this.settings.tripsAfterProbes(failures, slow, sum)) this.trip(state, nowNanos, random);
    else this.close(state, nowNanos);
  }

  /** Gives back a permit whose request came to nothing; false when there is no such permit any more. */
  giveBack(state: usize, generation: u32, permit: u32, nowNanos: u64): bool {
    this.begin();
    if (load<u32>(state, GENERATION) != generation || load<u32>(state, STATUS) != HALF_OPEN) return false;
    if (!takePermitBack(state, permit, nowNanos)) return false;
    this.hasChanged = true;
    return true;
  }

  /** Closed, with nothing counted. */
  close(state: usize, nowNanos: u64): void {
    this.pass(state, CLOSED);
    store<u32>(state, 0, OPENINGS);
    this.restartWindow(state, nowNanos);
  }

  /** Half-open from the beginning: for another number of probes, of which there may be more results than that. */
  probeAgain(state: usize): void {
    this.pass(state, HALF_OPEN);
  }

  /** As if no call had been counted before. */
  restartWindow(state: usize, nowNanos: u64): void {
    store<u32>(state, 0, CONSECUTIVE);
    if (this.settings.windowKind == WINDOW_OF_CALLS) restartCalls(state);
    else restartTime(state, nowNanos / sliceNanos(this.settings.windowSize));
    this.hasChanged = true;
  }

  private begin(): void {
    this.hasChanged = false;
    this.hasPassed = false;
    this.permit = 0;
  }

  private windowTrips(state: usize, nowNanos: u64): bool {
    const settings = this.settings;
    if (settings.windowKind == WINDOW_OF_CALLS) {
      look(state, settings.windowSize);
      return settings.trips(windowCalls, windowFailures, windowSlow, 0);
    }
    const base = windowBase(state);
    const totals = state + TOTALS;
    const failures = load<u64>(totals, FAILURES) - load<u64>(base, FAILURES);
    const slow = load<u64>(totals, SLOW) - load<u64>(base, SLOW);
    const micros = load<u64>(totals, MICROS) - load<u64>(base, MICROS);
    const calls = load<u64>(totals, SUCCESSES) - load<u64>(base, SUCCESSES) + failures;
    if (calls < MOST_CALLS && failures <= calls && slow <= calls) return settings.trips(calls, failures, slow, micros);
    this.restartWindow(state, nowNanos);
    return false;
  }

  /** Whether there now are as many failures in a row as open it. */
  private countInARow(state: usize, isFailure: bool): bool {
    const most = this.settings.consecutiveFailures;
    if (most == 0 || !isFailure) return false;
    const successes = load<u64>(state, TOTALS + SUCCESSES);
    const isUnbroken = load<u64>(state, SUCCESSES_BEFORE) == successes;
    const inARow = isUnbroken ? load<u32>(state, CONSECUTIVE) + 1 : 1;
    store<u32>(state, inARow, CONSECUTIVE);
    store<u64>(state, successes, SUCCESSES_BEFORE);
    this.hasChanged = true;
    return <u64>inARow >= most;
  }

  private trip(state: usize, nowNanos: u64, random: u64): void {
    this.pass(state, OPEN);
    const openings = load<u32>(state, OPENINGS);
    store<u64>(state, nowNanos + this.openNanosOf(openings, random), OPEN_UNTIL);
    store<u32>(state, openings + u32(openings < u32.MAX_VALUE), OPENINGS);
  }

  /** Open time after so many openings in a row before: grown, then spread, then capped. */
  private openNanosOf(openings: u32, random: u64): u64 {
    const settings = this.settings;
    const most = settings.mostOpenNanos;
    const backoff = <u64>settings.backoff;
    let nanos = min(settings.openNanos, most);
    if (backoff > 1000) {
      const times = min(openings, MOST_GROWTHS);
      for (let past: u32 = 0; past < times && nanos < most; past++) nanos = grow(nanos, backoff, most);
    }
    const spread = (nanos / WHOLE_RATE) * <u64>settings.jitter;
    return min(nanos - spread + (spread > 0 ? random % (2 * spread + 1) : 0), most);
  }

  private pass(state: usize, status: u32): void {
    store<u32>(state, status, STATUS);
    store<u32>(state, load<u32>(state, GENERATION) + 1, GENERATION);
    store<u32>(state, 0, PROBE_RESULTS);
    store<u32>(state, 0, PROBE_FAILURES);
    store<u32>(state, 0, PROBE_SLOW);
    store<u64>(state, 0, PROBE_MICROS);
    dropPermits(state);
    this.hasChanged = true;
    this.hasPassed = true;
  }
}

/** Times are at most 24 h, 2^47 ns, and a factor at most 100,000 thousandths: no overflow. */
function grow(nanos: u64, thousandths: u64, most: u64): u64 {
  return min((nanos / 1000) * thousandths + ((nanos % 1000) * thousandths) / 1000, most);
}
