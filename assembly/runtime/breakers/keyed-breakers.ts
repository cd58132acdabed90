import { bytesOf, concatenateBytes } from '../../core/bytes';
import { BREAKERS_PER_PAGE, findBreaker, PAGE_BYTES, placeBreaker, stateAt, touchBreaker } from '../../core/circuit-breaker/breaker-page';
import { CircuitBreaker } from '../../core/circuit-breaker/circuit-breaker';
import { CLOSED, GENERATION, STATUS } from '../../core/circuit-breaker/layout';
import { STORED_BYTES, StoredBreaker } from '../../core/circuit-breaker/stored-breaker';
import { random_get } from '../abi';
import { monotonicNanos } from '../clock';
import { commitRecord, createRecord, emptyRecord, forgetRecord, MOST_COMMIT_ATTEMPTS, readRecord, record } from '../ledger';
import { resultNumber } from '../memory';
import { Counter } from '../metrics';
import { BreakerMetrics } from './breaker-metrics';
import { BreakerStore, CONTENTION_WAIT_NANOS, COUNTED, LATE } from './breaker-store';

const PAGE_COUNT: usize = STORED_BYTES;
const TABLE_BYTES: i32 = STORED_BYTES + 8;

/**
 * One breaker a key, in a table of fixed size shared by all workers: pages of four (core/circuit-breaker/breaker-page.ts),
 * one record a page. Everything is counted in the page: one read at the beginning of a call, one read and one guarded
 * write at its end, as a keyed limit costs.
 */
export class KeyedBreakers extends BreakerStore {
  private readonly pageCount: u32;
  /** The record's name: the store's, then four bytes of page number. */
  private readonly pageKey: StaticArray<u8>;
  private readonly key: StaticArray<u8>;
  private readonly stored: StoredBreaker;
  private readonly succeeded: Counter;
  private readonly failed: Counter;
  private readonly slow: Counter;
  /** The page last read was converted: it must be written back in any case. */
  private isConverted: bool = false;

  constructor(
    name: StaticArray<u8>,
    private readonly breaker: CircuitBreaker,
    capacity: u32,
    private readonly metrics: BreakerMetrics,
  ) {
    super();
    this.pageCount = (capacity + BREAKERS_PER_PAGE - 1) / BREAKERS_PER_PAGE;
    this.stored = new StoredBreaker(breaker);
    this.succeeded = new Counter('sluice.circuit_breaker', name, 'calls_succeeded');
    this.failed = new Counter('sluice.circuit_breaker', name, 'calls_failed');
    this.slow = new Counter('sluice.circuit_breaker', name, 'calls_slow');
    const key = concatenateBytes(bytesOf('sluice/1/circuit-breakers/'), name);
    this.key = key;
    const pageKey = new StaticArray<u8>(key.length + 4);
    memory.copy(changetype<usize>(pageKey), changetype<usize>(key), key.length);
    this.pageKey = pageKey;
  }

  /** As KeyedBuckets: a record under the plain key says that all pages exist, and in which epoch they are to be. */
  create(_nowNanos: u64): void {
    createRecord(this.key, TABLE_BYTES);
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!readRecord(this.key, TABLE_BYTES)) return;
      const isNew = this.stored.establish(record);
      const hasPages = load<u64>(record, PAGE_COUNT) == this.pageCount;
      // Pages that no call has touched in a mode do not know that it was.
      const startsClosed = isNew && this.stored.hasOtherMode(record);
      if (isNew) this.stored.stamp(record);
      store<u64>(record, this.pageCount, PAGE_COUNT);
      const isSettled = isNew || !hasPages ? commitRecord(this.key) : true;
      forgetRecord();
      if (!isSettled) continue;
      if (!hasPages || startsClosed) this.createPages(startsClosed);
      return;
    }
  }

  private createPages(isAnew: bool): void {
    for (let page: u32 = 0; page < this.pageCount; page++) {
      this.choosePage(page);
      if (isAnew) emptyRecord(this.pageKey, PAGE_BYTES);
      else createRecord(this.pageKey, PAGE_BYTES);
    }
  }

  admit(fingerprint: u64): u64 {
    const now = monotonicNanos();
    this.isWatched = true;
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.read(now, fingerprint)) break;
      let state = findBreaker(record, fingerprint);
      const isPlaced = state == 0;
      if (isPlaced) state = placeBreaker(record, fingerprint, now);
      if (state == 0) {
        forgetRecord();
        this.isWatched = false;
        return 0;
      }
      if (isPlaced) this.breaker.restartWindow(state, now);
      const wait = this.breaker.admit(state, now);
      this.generation = load<u32>(state, GENERATION);
      this.permit = this.breaker.permit;
      if (this.commit(state, isPlaced || this.breaker.hasChanged)) return wait;
    }
    return CONTENTION_WAIT_NANOS;
  }

  finish(
    fingerprint: u64,
    generation: u32,
    permit: u32,
    isFailure: bool,
    isSlow: bool,
    micros: u64,
    nowNanos: u64,
  ): i32 {
    const random = this.random();
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.read(nowNanos, fingerprint)) return LATE;
      const state = findBreaker(record, fingerprint);
      if (state == 0 || load<u32>(state, GENERATION) != generation) return this.leave();
      if (permit != 0) {
        this.breaker.judgeProbe(state, generation, permit, isFailure, isSlow, micros, nowNanos, random);
        if (!this.breaker.hasChanged) return this.leave();
      } else {
        if (load<u32>(state, STATUS) != CLOSED) return this.leave();
        this.breaker.advance(state, nowNanos);
        this.breaker.count(state, isFailure, isSlow, micros);
        this.breaker.judge(state, generation, isFailure, isSlow, nowNanos, random);
      }
      touchBreaker(state, nowNanos);
      if (!this.commit(state, true)) continue;
      if (permit != 0) this.metrics.countProbe(isFailure);
      else if (isFailure) this.failed.add(1);
      else this.succeeded.add(1);
      if (isSlow && permit == 0) this.slow.add(1);
      return COUNTED;
    }
    return LATE;
  }

  giveBack(fingerprint: u64, generation: u32, permit: u32): void {
    if (permit == 0) return;
    const now = monotonicNanos();
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.read(now, fingerprint)) return;
      const state = findBreaker(record, fingerprint);
      if (state != 0) this.breaker.giveBack(state, generation, permit, now);
      if (this.commit(state, state != 0 && this.breaker.hasChanged)) return;
    }
  }

  private leave(): i32 {
    forgetRecord();
    return LATE;
  }

  /** Reads the page of a key and makes it one of these breakers; false only when it cannot even be created. */
  private read(nowNanos: u64, fingerprint: u64): bool {
    this.choosePage(<u32>((fingerprint >> 32) % <u64>this.pageCount));
    if (!readRecord(this.pageKey, PAGE_BYTES)) {
      forgetRecord();
      createRecord(this.pageKey, PAGE_BYTES);
      if (!readRecord(this.pageKey, PAGE_BYTES)) return false;
    }
    this.isConverted = this.stored.needsConversion(record);
    if (!this.isConverted) return true;
    for (let index = 0; index < BREAKERS_PER_PAGE; index++) {
      this.stored.convert(record, stateAt(record, index), nowNanos);
    }
    this.stored.stamp(record);
    return true;
  }

  private commit(state: usize, hasChanged: bool): bool {
    const isSettled = hasChanged || this.isConverted ? commitRecord(this.pageKey) : true;
    if (isSettled && hasChanged && state != 0 && this.breaker.hasPassed) this.metrics.countTransition(load<u32>(state, STATUS));
    forgetRecord();
    return isSettled;
  }

  @inline
  private choosePage(page: u32): void {
    store<u32>(changetype<usize>(this.pageKey) + this.key.length, page);
  }

  private random(): u64 {
    if (this.breaker.settings.jitter == 0) return 0;
    random_get(resultNumber, 8);
    return load<u64>(resultNumber);
  }
}
