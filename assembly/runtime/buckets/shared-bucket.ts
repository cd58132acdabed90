import { bytesOf, concatenateBytes } from '../../core/bytes';
import { Limit } from '../../core/limit';
import { HEADER_BYTES, StoredLimit } from '../../core/stored-limit';
import { commitRecord, createRecord, forgetRecord, MOST_COMMIT_ATTEMPTS, mostWorkers, readRecord, record } from '../ledger';
import { BatchedCounter } from '../metrics';
import { BucketStore, CONTENTION_WAIT_NANOS, LONGEST_REFUSAL_NANOS } from './bucket-store';
import { holdLease } from './lease-book';

/** Record: header of core/stored-limit.ts, u64 tokens leased and not accounted for, u64 time of the last lease, state. */
const OUTSTANDING: usize = HEADER_BYTES;
const LAST_LEASE: usize = OUTSTANDING + 8;
const STATE: usize = LAST_LEASE + 8;

const MOST_LEASED_TOKENS: u64 = 64;
/** A worker that comes back to the ledger sooner than this may take twice as much with it next time. */
const LEASE_GROWTH_NANOS: u64 = 5_000_000;
/** All leases of a bucket together never hold more than one token in this many of what is left … */
const LEASE_SHARE: u64 = 64;
/** … nor of the whole bucket. */
const OUTSTANDING_SHARE: u64 = 16;
/** No living worker holds a lease for so long: what is outstanding then was lost with a VM. */
const LEASE_LOST_NANOS: u64 = 10_000_000_000;

/**
 * One bucket for the whole process, exact over all workers: every token that is spent was taken from the shared
 * record by compare-and-set. A worker in a hurry leases a few tokens at once and spends them with no call to the
 * host. What is leased stays counted in the record, as room the bucket must not refill, so no moment ever sees more
 * than the limit; leases shrink to nothing as the bucket runs low, so the last tokens go one by one, to whoever
 * asks; and an idle worker gives its lease back on a tick (lease-book.ts).
 */
export class SharedBucket extends BucketStore {
  private leased: u64 = 0;
  /** What the record counts as outstanding for this worker; `leased` of it is unspent. */
  private leaseSize: u64 = 0;
  private lastLedgerNanos: u64 = 0;
  private growth: u64 = 0;

  /** Until `refusedUntil`, `refusedTokens` are not to be had; they will be at `availableAt`. */
  private refusedUntil: u64 = 0;
  private refusedTokens: u64 = 0;
  private availableAt: u64 = 0;

  private readonly key: StaticArray<u8>;
  private readonly stored: StoredLimit<Limit>;
  /** The record last read was converted: it must be written back even if it refuses. */
  private isConverted: bool = false;

  /** `name` is unique among shared buckets. `admissions` is flushed whenever the ledger is visited. A measured store takes no leases. */
  constructor(
    name: StaticArray<u8>,
    private readonly limit: Limit,
    private readonly admissions: BatchedCounter,
    private readonly isMeasured: bool,
  ) {
    super();
    this.key = concatenateBytes(bytesOf('sluice/1/shared/' + limit.algorithm + '/'), name);
    this.stored = new StoredLimit<Limit>(limit);
  }

  get isLeasing(): bool { return this.leaseSize > 0; }

  private get recordBytes(): i32 { return <i32>STATE + this.limit.stateBytes; }

  /** Here too an edit of the numbers is carried out, once for all workers. */
  create(nowNanos: u64): void {
    createRecord(this.key, this.recordBytes);
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!readRecord(this.key, this.recordBytes)) return;
      const isNew = this.stored.establish(record);
      if (isNew) this.convert(nowNanos);
      const isSettled = isNew ? commitRecord(this.key) : true;
      forgetRecord();
      if (isSettled) return;
    }
  }

  private convert(nowNanos: u64): void {
    this.limit.convert(record, record + STATE, nowNanos);
    this.stored.stamp(record);
  }

  takeHeld(tokens: u64): bool {
    if (this.leased < tokens) return false;
    this.leased -= tokens;
    return true;
  }

  take(nowNanos: u64, _fingerprint: u64, tokens: u64): u64 {
    if (this.takeHeld(tokens)) return 0;
    if (nowNanos < this.refusedUntil && tokens == this.refusedTokens) return this.availableAt - nowNanos;
    return this.takeFromLedger(nowNanos, tokens);
  }

  check(nowNanos: u64, _fingerprint: u64, tokens: u64): u64 {
    if (this.leased >= tokens) return 0;
    if (nowNanos < this.refusedUntil && tokens == this.refusedTokens) return this.availableAt - nowNanos;
    if (!this.read(nowNanos)) return CONTENTION_WAIT_NANOS;
    if (this.isConverted) commitRecord(this.key); // lost to another worker: it has done the same
    this.returnLeaseInRecord(nowNanos); // in this copy only; `take` does it for good
    const wait = this.limit.waitNanos(record + STATE, nowNanos, tokens, load<u64>(record, OUTSTANDING));
    forgetRecord();
    if (wait > 0) this.rememberRefusal(nowNanos, tokens, wait);
    return wait;
  }

  refund(nowNanos: u64, _fingerprint: u64, tokens: u64): void {
    this.refusedUntil = 0;
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.read(nowNanos)) return;
      this.limit.refund(record + STATE, nowNanos, tokens);
      const isCommitted = commitRecord(this.key);
      forgetRecord();
      if (isCommitted) return;
    }
  }

  settle(nowNanos: u64): void {
    this.admissions.flush();
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS && this.leaseSize > 0; attempt++) {
      if (!this.read(nowNanos)) return;
      this.returnLeaseInRecord(nowNanos);
      if (commitRecord(this.key)) this.forgetLease();
      forgetRecord();
    }
  }

  isIdle(nowNanos: u64, idleNanos: u64): bool {
    return nowNanos - this.lastLedgerNanos >= idleNanos;
  }

  private takeFromLedger(nowNanos: u64, tokens: u64): u64 {
    this.admissions.flush();
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.read(nowNanos)) return CONTENTION_WAIT_NANOS;
      const hadLease = this.leaseSize > 0;
      this.returnLeaseInRecord(nowNanos);
      const state = record + STATE;
      const outstanding = load<u64>(record, OUTSTANDING);
      const wait = this.limit.waitNanos(state, nowNanos, tokens, outstanding);
      let lease: u64 = 0;
      if (wait == 0) {
        this.limit.take(state, nowNanos, tokens, outstanding);
        lease = this.leaseFor(state, nowNanos, outstanding);
        if (lease > 0) this.grantInRecord(nowNanos, lease, outstanding);
        if (this.isMeasured) this.measure(state, nowNanos);
      }
      const isCommitted = wait == 0 || hadLease || this.isConverted ? commitRecord(this.key) : true;
      forgetRecord();
      if (!isCommitted) continue;
      this.growth = nowNanos - this.lastLedgerNanos < LEASE_GROWTH_NANOS ? min(max<u64>(this.growth, 1) * 2, MOST_LEASED_TOKENS) : 0;
      this.lastLedgerNanos = nowNanos;
      this.leased = lease;
      this.leaseSize = lease;
      if (lease > 0 && !this.isListed) holdLease(this);
      if (wait > 0) this.rememberRefusal(nowNanos, tokens, wait);
      return wait;
    }
    return CONTENTION_WAIT_NANOS;
  }

  private leaseFor(state: usize, nowNanos: u64, outstanding: u64): u64 {
    if (this.growth == 0 || this.isMeasured || !this.limit.allowsLeases) return 0;
    const room = this.limit.maxCost / OUTSTANDING_SHARE;
    if (outstanding >= room) return 0;
    const share = this.limit.remaining(state, nowNanos) / (LEASE_SHARE * mostWorkers());
    return min(min(this.growth, share), room - outstanding);
  }

  private grantInRecord(nowNanos: u64, lease: u64, outstanding: u64): void {
    this.limit.take(record + STATE, nowNanos, lease, outstanding);
    store<u64>(record, outstanding + lease, OUTSTANDING);
    store<u64>(record, nowNanos, LAST_LEASE);
  }

  /** Accounts for this worker's lease in the record read: what is unspent goes back, nothing stays outstanding. */
  private returnLeaseInRecord(nowNanos: u64): void {
    const lastLease = load<u64>(record, LAST_LEASE);
    if (nowNanos > lastLease && nowNanos - lastLease > LEASE_LOST_NANOS) {
      store<u64>(record, 0, OUTSTANDING);
      return;
    }
    // So old a lease may have been written off by another worker: it must not come back.
    if (this.leaseSize == 0 || nowNanos - this.lastLedgerNanos > LEASE_LOST_NANOS) return;
    const outstanding = load<u64>(record, OUTSTANDING);
    // What was spent of the lease counts as spent now: while it was out, the bucket must not have refilled its place.
    this.limit.take(record + STATE, nowNanos, 0, outstanding);
    if (this.leased > 0) this.limit.refund(record + STATE, nowNanos, this.leased);
    store<u64>(record, outstanding - min(outstanding, this.leaseSize), OUTSTANDING);
  }

  private forgetLease(): void {
    this.leased = 0;
    this.leaseSize = 0;
    this.growth = 0;
  }

  private measure(state: usize, nowNanos: u64): void {
    this.remaining = this.limit.remaining(state, nowNanos);
    this.nanosUntilFull = this.limit.nanosUntilFull(state, nowNanos);
  }

  private rememberRefusal(nowNanos: u64, tokens: u64, wait: u64): void {
    this.refusedTokens = tokens;
    this.availableAt = nowNanos + wait;
    this.refusedUntil = nowNanos + min(wait, LONGEST_REFUSAL_NANOS);
  }

  /** Reads the record and makes it one of this limit; false only when it cannot even be created. */
  private read(nowNanos: u64): bool {
    if (!readRecord(this.key, this.recordBytes)) {
      forgetRecord();
      createRecord(this.key, this.recordBytes);
      if (!readRecord(this.key, this.recordBytes)) return false;
    }
    this.isConverted = this.stored.needsConversion(record);
    if (this.isConverted) this.convert(nowNanos);
    return true;
  }
}
