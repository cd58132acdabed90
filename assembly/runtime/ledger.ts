import { proxy_get_shared_data, proxy_set_shared_data, random_get, RESULT_OK } from './abi';
import { AtomicGauge } from './atomic-gauge';
import { bytesOf } from '../core/bytes';
import { markHostBuffers, releaseHostBuffersTo, resultNumber, resultPointer, resultSize } from './memory';

/**
 * The ledger: state that all workers of the process share, in Envoy's shared data. A record is read into host
 * memory, changed there, and written back only if nobody wrote in between (compare-and-set); the caller loops
 * `read … commit` until `commit` says yes. Records are named by policy, so they outlive configurations and VMs.
 */

/** A commit that loses this often lost to that many commits of others; then the caller refuses. */
export const MOST_COMMIT_ATTEMPTS: i32 = 256;

/** The record last read: where its bytes are until the next read. */
export let record: usize = 0;
let recordBytes: u32 = 0;
let recordWasFound: bool = false;
let compareAndSet: u32 = 0;
let mark: usize = 0;

/** Reads a record of exactly `bytes`; false when it is absent or of another size. */
export function readRecord(key: StaticArray<u8>, bytes: i32): bool {
  mark = markHostBuffers();
  const result = proxy_get_shared_data(changetype<usize>(key), key.length, resultPointer, resultSize, resultNumber);
  recordWasFound = result == RESULT_OK;
  if (!recordWasFound) return false;
  recordBytes = load<u32>(resultSize);
  record = load<usize>(resultPointer);
  compareAndSet = load<u32>(resultNumber);
  return recordBytes == <u32>bytes;
}

/** Reads a record of any size; its size in bytes, or −1 when it is absent. */
export function readRecordOfAnySize(key: StaticArray<u8>): i32 {
  return readRecord(key, -1) || recordWasFound ? <i32>recordBytes : -1;
}

/** Writes other bytes in place of the record last read; false when another worker was faster. */
export function commitBytes(key: StaticArray<u8>, bytes: usize, size: usize): bool {
  return proxy_set_shared_data(changetype<usize>(key), key.length, bytes, size, compareAndSet) == RESULT_OK;
}

/** Writes the record last read back; false when another worker was faster. */
export function commitRecord(key: StaticArray<u8>): bool {
  const result = proxy_set_shared_data(changetype<usize>(key), key.length, record, recordBytes, compareAndSet);
  return result == RESULT_OK;
}

/** Gives the memory of the record last read back; for loops, so that a retry costs no room. */
export function forgetRecord(): void {
  releaseHostBuffersTo(mark);
}

/**
 * Creates a record of zeros when it is absent or of another size. The first write to an absent key cannot be
 * guarded by compare-and-set, so this belongs in on_configure: Envoy configures the main thread's VM, alone, before
 * any worker serves.
 */
export function createRecord(key: StaticArray<u8>, bytes: i32): void {
  const isThere = readRecord(key, bytes);
  forgetRecord();
  if (!isThere) emptyRecord(key, bytes);
}

/** Makes a record one of zeros, whatever it is. For on_configure, too. */
export function emptyRecord(key: StaticArray<u8>, bytes: i32): void {
  const zeros = heap.alloc(bytes);
  memory.fill(zeros, 0, bytes);
  proxy_set_shared_data(changetype<usize>(key), key.length, zeros, bytes, 0);
  heap.free(zeros);
}

const SEED_KEY = bytesOf('sluice/1/seed');
let seed: u64 = 0;

/** A number that is the same in every worker and that no client knows: seed of the hashes of clients' values. */
export function secretSeed(): u64 {
  return seed;
}

/**
 * Makes this VM know the secret seed. Called from on_configure, for the reason given at `createRecord`: two workers
 * that each made one would hash the same key to different buckets.
 */
export function shareSeed(): void {
  if (seed != 0) return;
  if (readRecord(SEED_KEY, 8)) {
    seed = load<u64>(record);
  } else {
    random_get(resultNumber, 8);
    seed = load<u64>(resultNumber) | 1;
    store<u64>(resultNumber, seed);
    proxy_set_shared_data(changetype<usize>(SEED_KEY), SEED_KEY.length, resultNumber, 8, 0);
  }
  forgetRecord();
}

let ownId: u64 = 0;

/** A number of this VM's own, to tell workers apart in records. */
export function workerId(): u64 {
  if (ownId == 0) {
    random_get(resultNumber, 8);
    ownId = load<u64>(resultNumber) | 1;
  }
  return ownId;
}

/** Assumed where the statistics drop the gauge that counts workers. */
const WORKERS_WHEN_UNKNOWN: u64 = 32;
let workers: AtomicGauge | null = null;
let areWorkersCounted: bool = false;

/**
 * Upper bound of the number of workers that take leases, this one included: each counts itself on a gauge when it
 * first asks. A VM that was lost stays counted, which only makes leases smaller.
 */
export function mostWorkers(): u64 {
  let gauge = workers;
  if (gauge === null) {
    gauge = new AtomicGauge('sluice.leasing_workers');
    areWorkersCounted = gauge.define();
    if (areWorkersCounted) gauge.add(1);
    workers = gauge;
  }
  return areWorkersCounted ? max<u64>(gauge.value, 1) : WORKERS_WHEN_UNKNOWN;
}
