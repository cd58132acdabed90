import { BUCKETS_PER_PAGE, findBucket, pageBytes, preparePage } from '../core/bucket-page';
import { Limit } from '../core/limit';
import { SlidingWindow } from '../core/sliding-window';
import { StoredLimit } from '../core/stored-limit';
import { TokenBucket } from '../core/token-bucket';

const SECOND: u64 = 1_000_000_000;
const START: u64 = 16_000 * SECOND;
const page: usize = memory.data(8192, 8);

function take(limit: Limit, key: u64, nanos: u64): bool {
  const stored = new StoredLimit<Limit>(limit);
  stored.establish(page);
  preparePage(page, stored, nanos);
  const state = findBucket(page, limit, key, nanos);
  if (limit.waitNanos(state, nanos, 1, 0) > 0) return false;
  limit.take(state, nanos, 1, 0);
  return true;
}

function takeTimes(limit: Limit, key: u64, nanos: u64, tries: i32): i32 {
  let admitted = 0;
  for (let index = 0; index < tries; index++) if (take(limit, key, nanos)) admitted++;
  return admitted;
}

function overflowKeepsLimits(limit: Limit): void {
  expect(takeTimes(limit, 1, START, 99)).toBe(10);
  // 1,000 other keys pass by, each spending one: the limited key is never the least spent.
  for (let key: u64 = 100; key < 1100; key++) take(limit, key, START);
  expect(takeTimes(limit, 1, START, 99)).toBe(0);
}

describe('bucket page', () => {
  beforeEach(() => {
    memory.fill(page, 0, 8192);
  });

  it('keeps a bucket for each of its keys', () => {
    const limit = new TokenBucket(10, 10, 60 * SECOND);
    for (let key: u64 = 1; key <= 32; key++) expect(takeTimes(limit, key, START, 20)).toBe(10);
    for (let key: u64 = 1; key <= 32; key++) expect(takeTimes(limit, key, START, 20)).toBe(0);
  });

  it('keeps a limited key limited while others pass by: token bucket', () => {
    overflowKeepsLimits(new TokenBucket(10, 10, 60 * SECOND));
  });

  it('keeps a limited key limited while others pass by: sliding window', () => {
    overflowKeepsLimits(new SlidingWindow(10, 60 * SECOND));
  });

  it('never hands an evicted key more than it left with', () => {
    const limit = new TokenBucket(10, 10, 60 * SECOND);
    takeTimes(limit, 1, START, 4);
    // 32 others spend more than it did, so it is the one that goes.
    for (let key: u64 = 100; key < 132; key++) takeTimes(limit, key, START, 8);
    expect(takeTimes(limit, 1, START, 99)).toBeLessThan(7);
  });

  it('admits no more in an overflow than 32 clients could get', () => {
    const limit = new TokenBucket(10, 10, 60 * SECOND);
    let admitted = 0;
    for (let key: u64 = 1; key <= 10_000; key++) if (take(limit, key, START)) admitted++;
    expect(admitted).toBeLessThan(BUCKETS_PER_PAGE * 10 + 1);
  });

  it('replaces a bucket that is full again at no loss', () => {
    const limit = new TokenBucket(10, 10, 60 * SECOND);
    for (let key: u64 = 1; key <= 32; key++) takeTimes(limit, key, START, 5);
    expect(takeTimes(limit, 500, START + 60 * SECOND, 99)).toBe(10);
  });

  it('carries what was spent over to changed numbers', () => {
    takeTimes(new TokenBucket(10, 10, 60 * SECOND), 7, START, 10);
    expect(takeTimes(new TokenBucket(15, 15, 60 * SECOND), 7, START, 99)).toBe(5);
  });

  it('counts the refill up to the moment when numbers change', () => {
    takeTimes(new TokenBucket(10, 10, 60 * SECOND), 7, START, 10);
    expect(takeTimes(new TokenBucket(11, 11, 60 * SECOND), 7, START + 3600 * SECOND, 99)).toBe(11);
  });

  it('fits a page of either algorithm into what the specs give it', () => {
    expect(pageBytes(new SlidingWindow(3, 60 * SECOND))).toBeLessThan(8192);
  });
});
