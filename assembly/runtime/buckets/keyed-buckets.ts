import { BUCKETS_PER_PAGE, findBucket, pageBytes, preparePage } from '../../core/bucket-page';
import { hashBytes } from '../../core/hash';
import { bytesOf, concatenateBytes } from '../../core/bytes';
import { Limit } from '../../core/limit';
import { HEADER_BYTES, StoredLimit } from '../../core/stored-limit';
import { commitRecord, createRecord, forgetRecord, MOST_COMMIT_ATTEMPTS, readRecord, record } from '../ledger';
import { BucketStore, CONTENTION_WAIT_NANOS } from './bucket-store';
import { refusalWait, rememberRefusal } from './refusal-memory';

const PAGE_COUNT: usize = HEADER_BYTES;
const TABLE_BYTES: i32 = HEADER_BYTES + 8;

/**
 * One bucket a key, in a table of fixed size shared by all workers: pages of 32 buckets (core/bucket-page.ts), one
 * record a page. Costs one read and one guarded write of a page a request, whatever the number of keys.
 */
export class KeyedBuckets extends BucketStore {
  private readonly pageCount: u32;
  private readonly bytes: i32;
  /** The record's name: the store's, then four bytes of page number. */
  private readonly pageKey: StaticArray<u8>;
  private readonly key: StaticArray<u8>;
  private readonly stored: StoredLimit<Limit>;
  /** The page last read was converted: it must be written back even if it refuses. */
  private isConverted: bool = false;
  /** Tells this table's keys from those of others in the refusal memory, which all share. */
  private readonly identity: u64;

  /** `name` is unique among keyed stores. */
  constructor(
    name: StaticArray<u8>,
    private readonly limit: Limit,
    capacity: u32,
    private readonly isMeasured: bool,
  ) {
    super();
    this.pageCount = (capacity + BUCKETS_PER_PAGE - 1) / BUCKETS_PER_PAGE;
    this.bytes = pageBytes(limit);
    this.stored = new StoredLimit<Limit>(limit);
    const key = concatenateBytes(bytesOf('sluice/1/keyed/' + limit.algorithm + '/'), name);
    this.key = key;
    const pageKey = new StaticArray<u8>(key.length + 4);
    memory.copy(changetype<usize>(pageKey), changetype<usize>(key), key.length);
    this.pageKey = pageKey;
    this.identity = hashBytes(0, changetype<usize>(key), key.length);
  }

  /**
   * A record under the plain key says that all pages exist, so that a VM that finds it need not look at each: header
   * of core/stored-limit.ts, u64 number of pages. It also carries the epoch that the pages are brought to one by one.
   */
  create(_nowNanos: u64): void {
    createRecord(this.key, TABLE_BYTES);
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!readRecord(this.key, TABLE_BYTES)) return;
      const isNew = this.stored.establish(record);
      const hasPages = load<u64>(record, PAGE_COUNT) == this.pageCount;
      if (isNew) this.stored.stamp(record);
      store<u64>(record, this.pageCount, PAGE_COUNT);
      const isSettled = isNew || !hasPages ? commitRecord(this.key) : true;
      forgetRecord();
      if (!isSettled) continue;
      if (!hasPages) this.createPages();
      return;
    }
  }

  private createPages(): void {
    for (let page: u32 = 0; page < this.pageCount; page++) {
      this.choosePage(page);
      createRecord(this.pageKey, this.bytes);
    }
  }

  check(nowNanos: u64, fingerprint: u64, tokens: u64): u64 {
    const known = refusalWait(this.identity ^ fingerprint, nowNanos, tokens);
    if (known > 0) return known;
    const state = this.read(nowNanos, fingerprint);
    const wait = state == 0 ? CONTENTION_WAIT_NANOS : this.limit.waitNanos(state, nowNanos, tokens, 0);
    if (this.isConverted) commitRecord(this.pageKey); // lost to another worker: it has done the same
    forgetRecord();
    if (wait > 0) rememberRefusal(this.identity ^ fingerprint, nowNanos, tokens, wait);
    return wait;
  }

  take(nowNanos: u64, fingerprint: u64, tokens: u64): u64 {
    const known = refusalWait(this.identity ^ fingerprint, nowNanos, tokens);
    if (known > 0) return known;
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      const state = this.read(nowNanos, fingerprint);
      if (state == 0) break;
      const wait = this.limit.waitNanos(state, nowNanos, tokens, 0);
      if (wait == 0) {
        this.limit.take(state, nowNanos, tokens, 0);
        if (this.isMeasured) {
          this.remaining = this.limit.remaining(state, nowNanos);
          this.nanosUntilFull = this.limit.nanosUntilFull(state, nowNanos);
        }
      }
      const isSettled = wait == 0 || this.isConverted ? commitRecord(this.pageKey) : true;
      forgetRecord();
      if (!isSettled) continue;
      if (wait > 0) rememberRefusal(this.identity ^ fingerprint, nowNanos, tokens, wait);
      return wait;
    }
    return CONTENTION_WAIT_NANOS;
  }

  refund(nowNanos: u64, fingerprint: u64, tokens: u64): void {
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      const state = this.read(nowNanos, fingerprint);
      if (state == 0) return;
      this.limit.refund(state, nowNanos, tokens);
      const isCommitted = commitRecord(this.pageKey);
      forgetRecord();
      if (isCommitted) return;
    }
  }

  settle(_nowNanos: u64): void {}

  /** The state of the key's bucket in a private copy of its page; 0 when the page cannot even be created. */
  private read(nowNanos: u64, fingerprint: u64): usize {
    this.isConverted = false;
    this.choosePage(<u32>((fingerprint >> 32) % <u64>this.pageCount));
    if (!readRecord(this.pageKey, this.bytes)) {
      forgetRecord();
      createRecord(this.pageKey, this.bytes);
      if (!readRecord(this.pageKey, this.bytes)) return 0;
    }
    this.isConverted = preparePage(record, this.stored, nowNanos);
    return findBucket(record, this.limit, fingerprint, nowNanos);
  }

  @inline
  private choosePage(page: u32): void {
    store<u32>(changetype<usize>(this.pageKey) + this.key.length, page);
  }
}
