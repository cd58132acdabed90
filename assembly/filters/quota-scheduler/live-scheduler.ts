import { bytesOf, concatenateBytes, equalBytes } from '../../core/bytes';
import { BUCKET_STATE, SCHEDULER_HEADER_BYTES } from '../../core/scheduling/schedule-record';
import { QuotaBucket } from '../../core/scheduling/quota-bucket';
import { StoredLimit } from '../../core/stored-limit';
import {
  commitRecord,
  createRecord,
  forgetRecord,
  MOST_COMMIT_ATTEMPTS,
  readRecordOfAnySize,
  record,
} from '../../runtime/ledger';
import { QuotaScheduler } from './quota-scheduler';
import { Queue } from './queue';

const LEDGER_PREFIX = bytesOf('sluice/1/quota/');
/** Places a key may have in the table of queues. */
const PROBES: i32 = 8;

/**
 * A scheduler over all configurations of this VM: it has the name, the queues and the settings last accepted. Requests
 * that wait when a policy is edited go on waiting under the new numbers.
 */
export class LiveScheduler {
  settings: QuotaScheduler;
  bucket: QuotaBucket;
  stored: StoredLimit<QuotaBucket>;
  /** By place in the table of keys; one for a scheduler without a key. Made when first needed. */
  private queues: StaticArray<Queue | null> = new StaticArray<Queue | null>(1);
  /** Keys last seen, by hash: their places. */
  private readonly knownKeys: StaticArray<u64> = new StaticArray<u64>(256);
  private readonly knownPlaces: StaticArray<i32> = new StaticArray<i32>(256);

  constructor(readonly name: StaticArray<u8>, settings: QuotaScheduler) {
    this.settings = settings;
    this.bucket = settings.bucket;
    this.stored = new StoredLimit<QuotaBucket>(settings.bucket);
  }

  /** Takes new settings over. Edited numbers of the bucket begin a new epoch, once for all workers. */
  adopt(settings: QuotaScheduler, nowNanos: u64): void {
    const former = this.settings;
    this.settings = settings;
    this.bucket = settings.bucket;
    this.stored = new StoredLimit<QuotaBucket>(settings.bucket);
    const places = settings.isKeyed ? settings.keyCapacity : 1;
    if (places != this.queues.length || settings.isKeyed != former.isKeyed) this.resize(places, settings.isKeyed == former.isKeyed);
    for (let place = 0; place < this.queues.length; place++) {
      const queue = this.queues[place];
      if (queue !== null) queue.adopt(settings);
    }
    this.establish(nowNanos);
    if (settings.isKeyed) for (let place = 0; place < places; place++) this.needRecord(this.keyOf(place));
  }

  /** Queues past the new size live on while requests wait in them; nobody joins them any more. */
  private resize(places: i32, keepsKeys: bool): void {
    const queues = new StaticArray<Queue | null>(places);
    if (keepsKeys) for (let place = 0; place < min(places, this.queues.length); place++) queues[place] = this.queues[place];
    this.queues = queues;
    this.knownKeys.fill(0);
  }

  private establish(nowNanos: u64): void {
    const key = this.keyOf(-1);
    this.needRecord(key);
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (readRecordOfAnySize(key) < SCHEDULER_HEADER_BYTES) return;
      const isNew = this.stored.establish(record);
      if (isNew) {
        this.bucket.convert(record, record + BUCKET_STATE, nowNanos);
        this.stored.stamp(record);
      }
      const isSettled = isNew ? commitRecord(key) : true;
      forgetRecord();
      if (isSettled) return;
    }
  }

  private needRecord(key: StaticArray<u8>): void {
    const bytes = readRecordOfAnySize(key);
    forgetRecord();
    if (bytes < SCHEDULER_HEADER_BYTES) createRecord(key, SCHEDULER_HEADER_BYTES);
  }

  /** Name of the record of a place; of the scheduler's own for −1, which holds the numbers all places follow. */
  private keyOf(place: i32): StaticArray<u8> {
    const name = concatenateBytes(LEDGER_PREFIX, this.name);
    return place < 0 ? name : concatenateBytes(name, bytesOf('\0' + place.toString()));
  }

  /** After `queueFor`: the queue is that of another key too, for want of a free one. */
  isShared: bool = false;

  /** The queue of the key with this fingerprint; 0 when the scheduler has no key. */
  queueFor(fingerprint: u64, nowNanos: u64): Queue {
    this.isShared = false;
    if (fingerprint == 0) return this.queueAt(0);
    const known = <i32>(fingerprint & 255);
    if (unchecked(this.knownKeys[known]) == fingerprint) return this.queueAt(unchecked(this.knownPlaces[known]));
    const place = this.findPlace(fingerprint, nowNanos);
    if (!this.isShared) {
      unchecked((this.knownKeys[known] = fingerprint));
      unchecked((this.knownPlaces[known] = place));
    }
    return this.queueAt(place);
  }

  /** A key that has lost its place to another since it was last seen looks for one again. */
  forgetKey(fingerprint: u64): void {
    const known = <i32>(fingerprint & 255);
    if (this.knownKeys[known] == fingerprint) this.knownKeys[known] = 0;
  }

  /**
   * The place that has the key, else the first that is free or idle; when all eight places it may have are in use it
   * shares one, so that more keys than fit never get more than the places give.
   */
  private findPlace(fingerprint: u64, nowNanos: u64): i32 {
    const places = this.queues.length;
    const start = <i32>((fingerprint >> 32) % places);
    const idleNanos = this.settings.keyIdleNanos;
    for (let attempt = 0; attempt < PROBES; attempt++) {
      let free = -1;
      for (let probe = 0; probe < min(PROBES, places); probe++) {
        const place = (start + probe) % places;
        const owner = this.queueAt(place).owner();
        if (owner == fingerprint) return place;
        if (free < 0 && (owner == 0 || this.queueAt(place).mayBeTaken(nowNanos, idleNanos))) free = place;
      }
      if (free < 0) break;
      if (this.queueAt(free).claim(fingerprint, nowNanos, idleNanos)) return free;
    }
    this.isShared = true;
    return start;
  }

  private queueAt(place: i32): Queue {
    let queue = unchecked(this.queues[place]);
    if (queue === null) {
      queue = new Queue(this, this.keyOf(this.settings.isKeyed ? place : -1));
      this.queues[place] = queue;
    }
    return queue;
  }

  /** Whether nobody waits here on this worker. */
  get isIdle(): bool {
    for (let place = 0; place < this.queues.length; place++) {
      const queue = this.queues[place];
      if (queue !== null && !queue.isIdleHere) return false;
    }
    return true;
  }
}

const schedulers: LiveScheduler[] = [];

/** The scheduler of that name with these settings: the one there is, or a new one. Only while configuring. */
export function adoptScheduler(settings: QuotaScheduler, nowNanos: u64): void {
  let live: LiveScheduler | null = null;
  for (let index = 0; index < schedulers.length; index++) {
    const known = schedulers[index];
    if (known.name.length == settings.name.length && equalBytes(changetype<usize>(known.name), changetype<usize>(settings.name), known.name.length)) {
      live = known;
    }
  }
  if (live === null) {
    live = new LiveScheduler(settings.name, settings);
    schedulers.push(live);
  }
  live.adopt(settings, nowNanos);
  settings.live = live;
}

/** Lets go of schedulers that `kept` no longer names and nobody waits for. Only while configuring. */
export function dropIdleSchedulers(kept: QuotaScheduler[]): void {
  for (let index = schedulers.length - 1; index >= 0; index--) {
    const live = schedulers[index];
    if (kept.includes(live.settings) || !live.isIdle) continue;
    schedulers.splice(index, 1);
  }
}
