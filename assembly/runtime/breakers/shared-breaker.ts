import { bytesOf, concatenateBytes } from '../../core/bytes';
import { CircuitBreaker, MOST_CALLS } from '../../core/circuit-breaker/circuit-breaker';
import {
  CLOSED,
  FAILURES,
  GENERATION,
  MICROS,
  NEWEST,
  OPEN,
  OPEN_UNTIL,
  SLOW,
  STATE_BYTES,
  STATUS,
  SUCCESSES,
  TOTALS,
} from '../../core/circuit-breaker/layout';
import { WINDOW_OF_CALLS } from '../../core/circuit-breaker/settings';
import { STORED_BYTES, StoredBreaker } from '../../core/circuit-breaker/stored-breaker';
import { callsBeforeWindow, windowCalls, windowFailures, windowSlow } from '../../core/circuit-breaker/call-window';
import { sliceNanos, windowBase } from '../../core/circuit-breaker/time-window';
import { random_get } from '../abi';
import { monotonicNanos } from '../clock';
import { commitRecord, createRecord, forgetRecord, MOST_COMMIT_ATTEMPTS, readRecord, record } from '../ledger';
import { resultNumber } from '../memory';
import { BreakerMetrics } from './breaker-metrics';
import { BreakerStore, CONTENTION_WAIT_NANOS, COUNTED, LATE } from './breaker-store';
import { gaugeJumps } from './gauge-continuity';
import { Tallies } from './tallies';

/** Record: settings and their epoch (stored-breaker.ts), u64 jumps of the gauges it knows of, state (layout.ts). */
const JUMPS: usize = STORED_BYTES;
const STATE: usize = STORED_BYTES + 8;
const RECORD_BYTES: i32 = <i32>STATE + STATE_BYTES;

/**
 * One breaker for the whole process. Its record is the authority: every transition and every permit is written there
 * by compare-and-set. What happens at every call is cheaper: a gauge says whether the record has changed since this
 * worker looked, and calls are counted on gauges (tallies.ts), against what those read when the window began. So a
 * call through a closed breaker whose window holds nothing bad costs two or three gauge calls, and the record is
 * visited ten times a window. Where the statistics drop the gauges, everything is done in the record, at each call.
 */
export class SharedBreaker extends BreakerStore {
  private readonly key: StaticArray<u8>;
  private readonly stored: StoredBreaker;
  private tallies: Tallies | null = null;
  private areTalliesKept: bool = false;

  /** What this worker knows of the record, and the version it had then. */
  private version: u64 = u64.MAX_VALUE;
  private status: u32 = CLOSED;
  private knownGeneration: u32 = 0;
  private openUntil: u64 = 0;
  /** Time window: its newest slice, and what the tallies were where it begins. Call window: calls before it. */
  private slice: u64 = 0;
  private successesBefore: u64 = 0;
  private failuresBefore: u64 = 0;
  private slowBefore: u64 = 0;
  private microsBefore: u64 = 0;
  /** Call window: this worker has seen the minimum of calls reached and judged since. */
  private isMinimumJudged: bool = false;

  constructor(
    private readonly name: StaticArray<u8>,
    private readonly breaker: CircuitBreaker,
    private readonly metrics: BreakerMetrics,
  ) {
    super();
    this.key = concatenateBytes(bytesOf('sluice/1/circuit-breaker/'), name);
    this.stored = new StoredBreaker(breaker);
  }

  create(nowNanos: u64): void {
    createRecord(this.key, RECORD_BYTES);
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!readRecord(this.key, RECORD_BYTES)) return;
      const isNew = this.stored.establish(record);
      const isEdited = isNew && load<u64>(record) != 0;
      if (isNew) {
        if (isEdited && this.hasTallies()) this.tallies!.writeTo(record + STATE + TOTALS);
        this.stored.convert(record, record + STATE, nowNanos);
        this.stored.stamp(record);
      }
      const isSettled = isNew ? commitRecord(this.key) : true;
      forgetRecord();
      if (!isSettled) continue;
      if (isEdited && this.hasTallies()) this.tallies!.announce();
      return;
    }
  }

  admit(_fingerprint: u64): u64 {
    if (this.isUpToDate()) {
      if (this.status == CLOSED) {
        this.generation = this.knownGeneration;
        this.permit = 0;
        return 0;
      }
      const now = monotonicNanos();
      if (this.status == OPEN && now < this.openUntil) return this.openUntil - now;
      return this.admitFromLedger(now);
    }
    return this.admitFromLedger(monotonicNanos());
  }

  finish(
    _fingerprint: u64,
    generation: u32,
    permit: u32,
    isFailure: bool,
    isSlow: bool,
    micros: u64,
    nowNanos: u64,
  ): i32 {
    if (permit != 0) return this.finishProbe(generation, permit, isFailure, isSlow, micros, nowNanos);
    if (!this.hasTallies()) return this.finishInLedger(generation, isFailure, isSlow, micros, nowNanos);
    const tallies = this.tallies!;
    if (!this.isUpToDate()) this.refresh(nowNanos);
    if (this.status != CLOSED || this.knownGeneration != generation) return LATE;
    const settings = this.breaker.settings;
    const isOfCalls = settings.windowKind == WINDOW_OF_CALLS;
    if (!isOfCalls && nowNanos / sliceNanos(settings.windowSize) > this.slice) this.advance(nowNanos);
    tallies.add(isFailure, isSlow, micros);
    const needsVerdict = isOfCalls
      ? isFailure || isSlow || this.reachesMinimum(tallies)
      : (isFailure && settings.consecutiveFailures > 0) || this.tripsByTallies(tallies);
    if (needsVerdict) this.judge(generation, isFailure, isSlow, nowNanos);
    return COUNTED;
  }

  giveBack(_fingerprint: u64, generation: u32, permit: u32): void {
    if (permit == 0) return;
    const now = monotonicNanos();
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.read(now)) return;
      this.breaker.giveBack(record + STATE, generation, permit, now);
      if (this.commit(this.breaker.hasChanged)) return;
    }
  }

  /** Whether what this worker knows of the record still holds. */
  private isUpToDate(): bool {
    return this.hasTallies() && this.tallies!.recordVersion == this.version;
  }

  /** Defines the gauges when they are first needed; whether they are kept. */
  private hasTallies(): bool {
    if (this.tallies === null) {
      const settings = this.breaker.settings;
      const tallies = new Tallies(this.name, settings.looksAtSlow, settings.averageMicros > 0);
      this.areTalliesKept = tallies.define();
      this.tallies = tallies;
    }
    return this.areTalliesKept;
  }

  private admitFromLedger(nowNanos: u64): u64 {
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.read(nowNanos)) break;
      const wait = this.breaker.admit(record + STATE, nowNanos);
      this.generation = load<u32>(record + STATE, GENERATION);
      this.permit = this.breaker.permit;
      if (this.commit(this.breaker.hasChanged)) return wait;
    }
    return CONTENTION_WAIT_NANOS;
  }

  private finishProbe(generation: u32, permit: u32, isFailure: bool, isSlow: bool, micros: u64, nowNanos: u64): i32 {
    const random = this.random();
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.read(nowNanos)) return LATE;
      this.breaker.judgeProbe(record + STATE, generation, permit, isFailure, isSlow, micros, nowNanos, random);
      const isCounted = this.breaker.hasChanged;
      if (!this.commit(isCounted)) continue;
      if (isCounted) this.metrics.countProbe(isFailure);
      return isCounted ? COUNTED : LATE;
    }
    return LATE;
  }

  private finishInLedger(generation: u32, isFailure: bool, isSlow: bool, micros: u64, nowNanos: u64): i32 {
    const random = this.random();
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.read(nowNanos)) return LATE;
      const state = record + STATE;
      if (load<u32>(state, STATUS) != CLOSED || load<u32>(state, GENERATION) != generation) {
        forgetRecord();
        return LATE;
      }
      this.breaker.advance(state, nowNanos);
      this.breaker.count(state, isFailure, isSlow, micros);
      this.breaker.judge(state, generation, isFailure, isSlow, nowNanos, random);
      if (this.commit(true)) return COUNTED;
    }
    return LATE;
  }

  private judge(generation: u32, isFailure: bool, isSlow: bool, nowNanos: u64): void {
    const random = this.random();
    const jumps = gaugeJumps();
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.read(nowNanos)) return;
      this.noticeJumps(jumps, nowNanos);
      this.breaker.judge(record + STATE, generation, isFailure, isSlow, nowNanos, random);
      if (!this.commit(this.breaker.hasChanged)) continue;
      if (this.breaker.settings.windowKind == WINDOW_OF_CALLS) this.metrics.showRates(windowCalls, windowFailures, windowSlow);
      return;
    }
  }

  /** Begins a new slice of the window, unless another worker has; before a call of it is counted. */
  private advance(nowNanos: u64): void {
    const jumps = gaugeJumps();
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.read(nowNanos)) return;
      this.noticeJumps(jumps, nowNanos);
      const state = record + STATE;
      this.look(state);
      this.breaker.advance(state, nowNanos);
      const hasChanged = this.breaker.hasChanged;
      if (!this.commit(hasChanged)) continue;
      if (hasChanged) this.metrics.showRates(this.calls, this.failures, this.slow);
      return;
    }
  }

  /** Looks at the record again, and changes nothing. */
  private refresh(nowNanos: u64): void {
    if (this.read(nowNanos)) this.commit(false);
  }

  private reachesMinimum(tallies: Tallies): bool {
    if (this.isMinimumJudged) return false;
    const calls = tallies.succeeded + tallies.failed - this.successesBefore;
    this.isMinimumJudged = calls >= this.breaker.settings.minimumCalls;
    return this.isMinimumJudged;
  }

  /** Whether the time window opens the breaker, as far as this worker can tell: mostly no, and no more is asked. */
  private tripsByTallies(tallies: Tallies): bool {
    const settings = this.breaker.settings;
    const failures = settings.failureRate > 0 ? tallies.failed - this.failuresBefore : 0;
    const slow = settings.looksAtSlow ? tallies.slowOnes - this.slowBefore : 0;
    if (failures == 0 && slow == 0 && settings.averageMicros == 0) return false;
    const micros = tallies.totalMicros - this.microsBefore;
    const successes = tallies.succeeded - this.successesBefore;
    const allFailures = settings.failureRate > 0 ? failures : tallies.failed - this.failuresBefore;
    // Gauges that have gone back say nothing of the window; the record knows what to do then.
    if (successes > MOST_CALLS || allFailures > MOST_CALLS || slow > MOST_CALLS) return true;
    return settings.trips(successes + allFailures, failures, slow, micros);
  }

  /** Reads the record, makes it one of this breaker, and puts the tallies into it. */
  private read(nowNanos: u64): bool {
    // Before the record: a change that comes between is then seen as one the next time.
    if (this.hasTallies()) this.versionRead = this.tallies!.recordVersion;
    if (!readRecord(this.key, RECORD_BYTES)) {
      forgetRecord();
      createRecord(this.key, RECORD_BYTES);
      if (!readRecord(this.key, RECORD_BYTES)) return false;
    }
    if (this.hasTallies()) {
      if (load<u64>(record, JUMPS) == 0) {
        this.beginTallies(nowNanos);
        if (!readRecord(this.key, RECORD_BYTES)) return false;
      }
      this.tallies!.writeTo(record + STATE + TOTALS);
    }
    this.isConverted = this.stored.needsConversion(record);
    if (this.isConverted) {
      this.stored.convert(record, record + STATE, nowNanos);
      this.stored.stamp(record);
    }
    return true;
  }

  private isConverted: bool = false;
  private versionRead: u64 = 0;

  /** The record is new: its window begins where the gauges are, which need not be 0 after a hot restart. */
  private beginTallies(nowNanos: u64): void {
    forgetRecord();
    const jumps = max<u64>(gaugeJumps(), 1);
    if (!readRecord(this.key, RECORD_BYTES) || load<u64>(record, JUMPS) != 0) return forgetRecord();
    this.tallies!.writeTo(record + STATE + TOTALS);
    store<u64>(record, jumps, JUMPS);
    this.breaker.restartWindow(record + STATE, nowNanos);
    commitRecord(this.key); // lost to another worker: it has done the same
    forgetRecord();
  }

  /** What the gauges told before they jumped is void: the window begins anew. */
  private noticeJumps(jumps: u64, nowNanos: u64): void {
    if (load<u64>(record, JUMPS) == jumps) return;
    store<u64>(record, jumps, JUMPS);
    this.breaker.restartWindow(record + STATE, nowNanos);
    this.isConverted = true;
  }

  /** Writes the record back if it must be; false when another worker was faster. Then this worker knows it. */
  private commit(hasChanged: bool): bool {
    const mustWrite = hasChanged || this.isConverted;
    if (mustWrite && !commitRecord(this.key)) {
      forgetRecord();
      return false;
    }
    const state = record + STATE;
    const status = load<u32>(state, STATUS);
    const hasPassed = hasChanged && this.breaker.hasPassed;
    this.version = this.versionRead;
    if ((hasPassed || this.isConverted) && this.hasTallies()) {
      this.tallies!.announce();
      this.version++;
    }
    if (hasPassed) this.metrics.countTransition(status);
    if (hasPassed || this.isConverted) this.metrics.showState(status);
    this.remember(state, status);
    forgetRecord();
    return true;
  }

  private remember(state: usize, status: u32): void {
    this.status = status;
    const generation = load<u32>(state, GENERATION);
    if (generation != this.knownGeneration) this.isMinimumJudged = false;
    this.knownGeneration = generation;
    this.openUntil = load<u64>(state, OPEN_UNTIL);
    if (this.breaker.settings.windowKind == WINDOW_OF_CALLS) {
      this.successesBefore = callsBeforeWindow(state);
      return;
    }
    const base = windowBase(state);
    this.slice = load<u64>(state, NEWEST);
    this.successesBefore = load<u64>(base, SUCCESSES);
    this.failuresBefore = load<u64>(base, FAILURES);
    this.slowBefore = load<u64>(base, SLOW);
    this.microsBefore = load<u64>(base, MICROS);
  }

  private calls: u64 = 0;
  private failures: u64 = 0;
  private slow: u64 = 0;

  /** Counts the time window that ends, for the operators. */
  private look(state: usize): void {
    const base = windowBase(state);
    const totals = state + TOTALS;
    this.failures = load<u64>(totals, FAILURES) - load<u64>(base, FAILURES);
    this.calls = load<u64>(totals, SUCCESSES) - load<u64>(base, SUCCESSES) + this.failures;
    this.slow = load<u64>(totals, SLOW) - load<u64>(base, SLOW);
  }

  /** For the jitter of the open time; Envoy is asked only where there is one. */
  private random(): u64 {
    if (this.breaker.settings.jitter == 0) return 0;
    random_get(resultNumber, 8);
    return load<u64>(resultNumber);
  }
}
