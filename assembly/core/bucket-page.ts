import { Limit } from './limit';
import { HEADER_BYTES, StoredLimit } from './stored-limit';

/**
 * A page of a bucket table: 32 buckets for the keys whose hash leads here, a set of a set-associative cache.
 *
 * Layout: the header of stored-limit.ts, u64 1 once a spent bucket was evicted, the floor (one bucket state), then 32 × (u64 fingerprint, state). All zero is an empty page.
 *
 * Overflow rule: a bucket that is full again is as good as absent and is replaced at no loss. When all 32 are in
 * use, the least spent one is evicted and the page's floor is raised to it; a key that is not in the page starts
 * from the floor. So an evicted client never comes back with more than it left with, the most limited clients are
 * the last to be evicted, and a flood of distinct keys gets at most what 32 clients a page would get.
 */
export const BUCKETS_PER_PAGE: i32 = 32;

const HAS_FLOOR: usize = HEADER_BYTES;
const FLOOR: usize = HAS_FLOOR + 8;
const FINGERPRINT_BYTES: usize = 8;

export function pageBytes(limit: Limit): i32 {
  return <i32>FLOOR + limit.stateBytes + BUCKETS_PER_PAGE * (<i32>FINGERPRINT_BYTES + limit.stateBytes);
}

/** Brings the page up to the limit's epoch; true when that changed it, and it must be written back in any case. */
export function preparePage(page: usize, stored: StoredLimit<Limit>, nowNanos: u64): bool {
  if (!stored.needsConversion(page)) return false;
  const limit = stored.limit;
  if (load<u64>(page, HAS_FLOOR) != 0) limit.convert(page, page + FLOOR, nowNanos);
  for (let index = 0; index < BUCKETS_PER_PAGE; index++) {
    const bucket = bucketAt(page, limit, index);
    if (load<u64>(bucket) != 0) limit.convert(page, bucket + FINGERPRINT_BYTES, nowNanos);
  }
  stored.stamp(page);
  return true;
}

/**
 * The state of the bucket with this fingerprint (≠ 0). A key that has none gets its own: a free one, one that is
 * full again, or the least spent one's. At most 32 compares and 32 reads. The page is a private copy: a caller that
 * then refuses the request need not write it back.
 */
export function findBucket(page: usize, limit: Limit, fingerprint: u64, nowNanos: u64): usize {
  let victim: usize = 0;
  let leastSpent = u64.MAX_VALUE;
  for (let index = 0; index < BUCKETS_PER_PAGE; index++) {
    const bucket = bucketAt(page, limit, index);
    if (load<u64>(bucket) == fingerprint) return bucket + FINGERPRINT_BYTES;
  }
  for (let index = 0; index < BUCKETS_PER_PAGE; index++) {
    const bucket = bucketAt(page, limit, index);
    const spent = load<u64>(bucket) == 0 ? 0 : limit.spent(bucket + FINGERPRINT_BYTES, nowNanos);
    if (spent < leastSpent) {
      leastSpent = spent;
      victim = bucket;
      if (spent == 0) break;
    }
  }
  const state = victim + FINGERPRINT_BYTES;
  if (leastSpent > 0) {
    limit.raiseTo(page + FLOOR, state, nowNanos);
    store<u64>(page, 1, HAS_FLOOR);
  }
  store<u64>(victim, fingerprint);
  if (load<u64>(page, HAS_FLOOR) != 0) memory.copy(state, page + FLOOR, limit.stateBytes);
  else memory.fill(state, 0, limit.stateBytes);
  return state;
}

@inline
function bucketAt(page: usize, limit: Limit, index: i32): usize {
  return page + FLOOR + limit.stateBytes + <usize>index * (FINGERPRINT_BYTES + limit.stateBytes);
}
