import { TokenBucket } from '../core/token-bucket';

const SECOND: u64 = 1_000_000_000;
const START: u64 = 5_000 * SECOND;
const state: usize = memory.data(16, 8);

/** Takes one token a try, `tries` times at one moment; returns how many got one. */
function takeAt(bucket: TokenBucket, nanos: u64, tries: i32): i32 {
  let admitted = 0;
  for (let index = 0; index < tries; index++) {
    if (bucket.waitNanos(state, nanos, 1, 0) > 0) continue;
    bucket.take(state, nanos, 1, 0);
    admitted++;
  }
  return admitted;
}

describe('token bucket', () => {
  beforeEach(() => {
    memory.fill(state, 0, 16);
  });

  it('starts full and admits exactly its size', () => {
    expect(takeAt(new TokenBucket(10, 10, 60 * SECOND), START, 60)).toBe(10);
  });

  it('refills continuously: 2 per 2 s gives one after 1 s', () => {
    const bucket = new TokenBucket(2, 2, 2 * SECOND);
    expect(takeAt(bucket, START, 5)).toBe(2);
    expect(takeAt(bucket, START + SECOND - 1, 5)).toBe(0);
    expect(takeAt(bucket, START + SECOND, 5)).toBe(1);
  });

  it('tells the wait to the nanosecond', () => {
    const bucket = new TokenBucket(3, 3, SECOND);
    takeAt(bucket, START, 3);
    const wait = bucket.waitNanos(state, START, 1, 0);
    expect(wait).toBe(333_333_334);
    expect(bucket.waitNanos(state, START + wait - 1, 1, 0)).toBe(1);
    expect(bucket.waitNanos(state, START + wait, 1, 0)).toBe(0);
  });

  it('loses nothing to rounding over a million odd intervals', () => {
    const bucket = new TokenBucket(7, 7, 2 * SECOND);
    let admitted = 0;
    for (let step: u64 = 0; step < 1_000_000; step++) admitted += takeAt(bucket, START + step * 1_000_003, 8);
    // 7 at once, and 7 per 2 s over 999,999 × 1,000,003 ns.
    expect(<u64>admitted).toBe(7 + (999_999 * 1_000_003 * 7) / (2 * SECOND));
  });

  it('never holds more than its size', () => {
    const bucket = new TokenBucket(5, 100, SECOND);
    takeAt(bucket, START, 5);
    expect(takeAt(bucket, START + 3600 * SECOND, 50)).toBe(5);
  });

  it('treats a clock that goes back as standing still', () => {
    const bucket = new TokenBucket(1, 1, SECOND);
    expect(takeAt(bucket, START, 1)).toBe(1);
    expect(takeAt(bucket, START - 10 * SECOND, 1)).toBe(0);
    expect(takeAt(bucket, START + SECOND, 1)).toBe(1);
  });

  it('holds reserved tokens back from the refill', () => {
    const bucket = new TokenBucket(10, 10, SECOND);
    expect(bucket.waitNanos(state, START, 8, 3)).toBe(100_000_000);
    expect(bucket.waitNanos(state, START, 7, 3)).toBe(0);
  });

  it('takes back what was not spent', () => {
    const bucket = new TokenBucket(4, 4, 60 * SECOND);
    takeAt(bucket, START, 4);
    bucket.refund(state, START, 3);
    expect(bucket.remaining(state, START)).toBe(3);
    bucket.refund(state, START, 99);
    expect(bucket.remaining(state, START)).toBe(4);
  });

  it('keeps tokens spent when its numbers change, less what has come back by then', () => {
    const header: usize = memory.data(24, 8);
    const former = new TokenBucket(10, 10, 60 * SECOND);
    takeAt(former, START, 9);
    former.writeNumbers(header);
    const larger = new TokenBucket(20, 20, 7 * SECOND);
    larger.convert(header, state, START + 12 * SECOND);
    expect(larger.remaining(state, START + 12 * SECOND)).toBe(13);
  });

  it('works with the largest numbers there are', () => {
    const most: u64 = (1 << 53) - 1;
    const bucket = new TokenBucket(most, most, 366 * 24 * 3600 * SECOND);
    expect(takeAt(bucket, START, 1000)).toBe(1000);
    const slow = new TokenBucket(most, 1, 366 * 24 * 3600 * SECOND);
    expect(takeAt(slow, START, 1000)).toBe(1000);
  });

  it('fills a huge and slow bucket no faster than told', () => {
    const most: u64 = (1 << 53) - 1;
    const year: u64 = 366 * 24 * 3600 * SECOND;
    const bucket = new TokenBucket(most, 1, year);
    bucket.take(state, START, most, 0);
    expect(bucket.remaining(state, START + year / 2)).toBe(0);
    expect(bucket.remaining(state, START + year + year / 10)).toBe(1);
  });
});
