import { LONGEST_WAIT_NANOS, QUOTA_BUCKET_STATE_BYTES, QuotaBucket } from '../core/scheduling/quota-bucket';

const SECOND: u64 = 1_000_000_000;
const MILLI: u64 = 1_000_000;
const START: u64 = 5_000 * SECOND;
const TOKEN: u64 = 1000;
const MOST: u64 = (1 << 53) - 1;
const header: usize = memory.data(32, 8);
const state: usize = memory.data(24, 8);

function continuous(capacity: u64, fill: u64, interval: u64): QuotaBucket {
  return new QuotaBucket(capacity, fill, interval, false, false);
}

/** Takes all there is at a moment; returns how much that was. */
function takeAll(bucket: QuotaBucket, nanos: u64, isAwaited: bool = false): u64 {
  bucket.refill(state, nanos, 0, isAwaited);
  const level = bucket.level(state);
  if (!bucket.has(state, level) || bucket.has(state, level + 1)) return u64.MAX_VALUE;
  bucket.take(state, level);
  return level;
}

function nanosUntil(bucket: QuotaBucket, nanos: u64, tokens: u64): u64 {
  bucket.refill(state, nanos, 0, false);
  return bucket.nanosUntil(state, nanos, tokens);
}

let seed: u32 = 1;
function random(below: u32): u32 {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed % below;
}

describe('quota bucket', () => {
  beforeEach(() => {
    memory.fill(state, 0, QUOTA_BUCKET_STATE_BYTES);
    memory.fill(header, 0, 32);
    seed = 12_345;
  });

  it('starts full, and holds no more than its size', () => {
    const bucket = continuous(10 * TOKEN, 10 * TOKEN, SECOND);
    expect(takeAll(bucket, START)).toBe(10 * TOKEN);
    expect(bucket.isFull(state)).toBe(false);
    expect(takeAll(bucket, START + 3600 * SECOND)).toBe(10 * TOKEN);
  });

  it('tells to the nanosecond when tokens will be there', () => {
    const bucket = continuous(3 * TOKEN, 3 * TOKEN, SECOND);
    takeAll(bucket, START);
    expect(nanosUntil(bucket, START, TOKEN)).toBe(333_333_334);
    expect(nanosUntil(bucket, START + 333_333_333, TOKEN)).toBe(1);
    expect(nanosUntil(bucket, START + 333_333_334, TOKEN)).toBe(0);
    // Also of more than fit at once.
    expect(nanosUntil(bucket, START + SECOND, 33 * TOKEN)).toBe(10 * SECOND);
  });

  it('gives exactly its size and its fill, whenever somebody looks', () => {
    let wrong = 0;
    for (let round = 0; round < 200; round++) {
      memory.fill(state, 0, QUOTA_BUCKET_STATE_BYTES);
      const fill: u64 = 1 + random(100_000);
      const interval: u64 = MILLI + random(2_000_000_000);
      // Large enough that nothing is lost to its size between two looks.
      const capacity: u64 = fill * 3;
      const bucket = continuous(capacity, fill, interval);
      let given: u64 = 0;
      let elapsed: u64 = 0;
      for (let look = 0; look < 50; look++) {
        given += takeAll(bucket, START + elapsed);
        if (given != capacity + (fill * elapsed) / interval) wrong++;
        elapsed += random(<u32>min<u64>(interval * 2, u32.MAX_VALUE));
      }
    }
    expect(wrong).toBe(0);
  });

  it('has the tokens at the very nanosecond it told, and not before', () => {
    let wrong = 0;
    for (let round = 0; round < 500; round++) {
      memory.fill(state, 0, QUOTA_BUCKET_STATE_BYTES);
      const isDiscrete = random(2) == 0;
      const fill: u64 = 1 + random(50_000);
      const interval: u64 = MILLI + random(3_000_000_000);
      const capacity: u64 = fill + random(100_000);
      const bucket = new QuotaBucket(capacity, fill, interval, isDiscrete, random(2) == 0);
      const now = START + random(1_000_000);
      takeAll(bucket, now);
      const tokens: u64 = 1 + random(<u32>capacity);
      const wait = nanosUntil(bucket, now, tokens);
      bucket.refill(state, now + wait - 1, 0, false);
      if (bucket.has(state, tokens)) wrong++;
      bucket.refill(state, now + wait, 0, false);
      if (!bucket.has(state, tokens) || bucket.nanosUntil(state, now + wait, tokens) != 0) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('fills by intervals: nothing before the end of one, all of it then', () => {
    const bucket = new QuotaBucket(5 * TOKEN, 2 * TOKEN, SECOND, true, false);
    expect(takeAll(bucket, START)).toBe(5 * TOKEN);
    expect(nanosUntil(bucket, START, 1)).toBe(SECOND);
    expect(nanosUntil(bucket, START, 2 * TOKEN)).toBe(SECOND);
    expect(nanosUntil(bucket, START, 2 * TOKEN + 1)).toBe(2 * SECOND);
    expect(takeAll(bucket, START + SECOND - 1)).toBe(0);
    expect(takeAll(bucket, START + SECOND)).toBe(2 * TOKEN);
    // Late looks do not move the intervals.
    expect(takeAll(bucket, START + 2 * SECOND + SECOND / 2)).toBe(2 * TOKEN);
    expect(takeAll(bucket, START + 3 * SECOND - 1)).toBe(0);
    expect(takeAll(bucket, START + 3 * SECOND)).toBe(2 * TOKEN);
    expect(takeAll(bucket, START + 3600 * SECOND)).toBe(5 * TOKEN);
  });

  it('delays its initial fill until the first full bucket would have been refilled', () => {
    // 6 tokens at 2 a second: 3 s.
    const bucket = new QuotaBucket(6 * TOKEN, 2 * TOKEN, SECOND, false, true);
    expect(takeAll(bucket, START)).toBe(6 * TOKEN);
    expect(nanosUntil(bucket, START, TOKEN)).toBe(3 * SECOND + SECOND / 2);
    expect(takeAll(bucket, START + 3 * SECOND)).toBe(0);
    expect(takeAll(bucket, START + 3 * SECOND + SECOND / 2)).toBe(TOKEN);
    expect(takeAll(bucket, START + 4 * SECOND + SECOND / 2)).toBe(2 * TOKEN);
  });

  it('delays the first of its fills by intervals as long', () => {
    const bucket = new QuotaBucket(6 * TOKEN, 2 * TOKEN, SECOND, true, true);
    expect(takeAll(bucket, START)).toBe(6 * TOKEN);
    expect(nanosUntil(bucket, START, TOKEN)).toBe(3 * SECOND);
    expect(takeAll(bucket, START + 3 * SECOND - 1)).toBe(0);
    expect(takeAll(bucket, START + 3 * SECOND)).toBe(2 * TOKEN);
    expect(takeAll(bucket, START + 4 * SECOND)).toBe(2 * TOKEN);
  });

  it('without a fill gives its size, once and for ever', () => {
    for (let kind = 0; kind < 4; kind++) {
      memory.fill(state, 0, QUOTA_BUCKET_STATE_BYTES);
      const bucket = new QuotaBucket(2 * TOKEN, 0, MILLI, (kind & 1) != 0, (kind & 2) != 0);
      expect(takeAll(bucket, START)).toBe(2 * TOKEN);
      expect(takeAll(bucket, START + 366 * 24 * 3600 * SECOND)).toBe(0);
      expect(nanosUntil(bucket, START, 1)).toBe(LONGEST_WAIT_NANOS);
    }
  });

  it('hands out what came in 100 ms past its size while requests wait, and no more', () => {
    const bucket = continuous(TOKEN, 100 * TOKEN, SECOND);
    takeAll(bucket, START);
    expect(takeAll(bucket, START + 50 * MILLI, false)).toBe(TOKEN);
    expect(takeAll(bucket, START + 100 * MILLI, true)).toBe(5 * TOKEN);
    expect(takeAll(bucket, START + 3600 * SECOND, true)).toBe(11 * TOKEN);
  });

  it('keeps nothing past its size once nobody waits', () => {
    const bucket = continuous(TOKEN, 100 * TOKEN, SECOND);
    takeAll(bucket, START);
    bucket.refill(state, START + 50 * MILLI, 0, true);
    expect(bucket.level(state)).toBe(5 * TOKEN);
    bucket.clip(state, 0);
    expect(bucket.level(state)).toBe(TOKEN);
    bucket.clip(state, 0);
    expect(bucket.level(state)).toBe(TOKEN);
  });

  it('hands out nothing past its size where it fills by intervals', () => {
    const bucket = new QuotaBucket(3 * TOKEN, 2 * TOKEN, 10 * MILLI, true, false);
    takeAll(bucket, START);
    expect(takeAll(bucket, START + SECOND, true)).toBe(3 * TOKEN);
  });

  it('leaves the room of what is reserved', () => {
    const bucket = continuous(10 * TOKEN, 10 * TOKEN, SECOND);
    takeAll(bucket, START);
    bucket.refill(state, START + 10 * SECOND, 4 * TOKEN, false);
    expect(bucket.level(state)).toBe(6 * TOKEN);
    bucket.refill(state, START + 20 * SECOND, 99 * TOKEN, false);
    expect(bucket.level(state)).toBe(0);
  });

  it('takes back what was not used, up to its size once clipped', () => {
    const bucket = continuous(10 * TOKEN, TOKEN, SECOND);
    takeAll(bucket, START);
    bucket.giveBack(state, 3 * TOKEN);
    expect(bucket.level(state)).toBe(3 * TOKEN);
    bucket.giveBack(state, 99 * TOKEN);
    bucket.clip(state, 0);
    expect(bucket.level(state)).toBe(10 * TOKEN);
    expect(bucket.isFull(state)).toBe(true);
  });

  it('treats a clock that goes back as standing still', () => {
    const bucket = continuous(TOKEN, TOKEN, SECOND);
    takeAll(bucket, START);
    expect(takeAll(bucket, START - 100 * SECOND)).toBe(0);
    expect(takeAll(bucket, START + SECOND - 1)).toBe(999);
    const discrete = new QuotaBucket(TOKEN, TOKEN, SECOND, true, false);
    memory.fill(state, 0, QUOTA_BUCKET_STATE_BYTES);
    takeAll(discrete, START);
    expect(takeAll(discrete, START - 100 * SECOND)).toBe(0);
    expect(takeAll(discrete, START + SECOND)).toBe(TOKEN);
  });

  it('copes with the largest numbers', () => {
    const interval: u64 = 366 * 24 * 3600 * SECOND;
    for (let kind = 0; kind < 8; kind++) {
      memory.fill(state, 0, QUOTA_BUCKET_STATE_BYTES);
      const bucket = new QuotaBucket(MOST, MOST, (kind & 4) != 0 ? interval : MILLI, (kind & 1) != 0, (kind & 2) != 0);
      expect(takeAll(bucket, START)).toBe(MOST);
      const wait = nanosUntil(bucket, START, MOST);
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThan(2 * interval + 1);
      expect(takeAll(bucket, START + wait)).toBe(MOST);
    }
    memory.fill(state, 0, QUOTA_BUCKET_STATE_BYTES);
    const slow = continuous(MOST, 1, interval);
    takeAll(slow, START);
    // There the ticks are coarse: a fill may be a little late.
    expect(nanosUntil(slow, START, 1)).toBeGreaterThan(interval - 1);
    expect(nanosUntil(slow, START, 1)).toBeLessThan(interval + interval / 32);
    expect(nanosUntil(slow, START, MOST)).toBe(LONGEST_WAIT_NANOS);
  });

  it('knows its numbers by all there is to them', () => {
    const bucket = new QuotaBucket(1, 2, SECOND, true, false);
    bucket.writeNumbers(header);
    expect(new QuotaBucket(1, 2, SECOND, true, false).hasNumbers(header)).toBe(true);
    expect(new QuotaBucket(2, 2, SECOND, true, false).hasNumbers(header)).toBe(false);
    expect(new QuotaBucket(1, 1, SECOND, true, false).hasNumbers(header)).toBe(false);
    expect(new QuotaBucket(1, 2, SECOND + 1, true, false).hasNumbers(header)).toBe(false);
    expect(new QuotaBucket(1, 2, SECOND, false, false).hasNumbers(header)).toBe(false);
    expect(new QuotaBucket(1, 2, SECOND, true, true).hasNumbers(header)).toBe(false);
    const other = continuous(7, 7, 7);
    other.adoptNumbers(header);
    expect(other.hasNumbers(header)).toBe(true);
    expect(other.size).toBe(1);
  });

  it('keeps what is spent over an edit, and counts the fill up to it', () => {
    const former = continuous(10 * TOKEN, 10 * TOKEN, SECOND);
    former.writeNumbers(header);
    takeAll(former, START);
    const larger = continuous(20 * TOKEN, TOKEN, SECOND);
    larger.convert(header, state, START + SECOND / 2); // 5 are spent
    expect(larger.level(state)).toBe(15 * TOKEN);
    larger.writeNumbers(header);
    const smaller = continuous(4 * TOKEN, TOKEN, SECOND);
    smaller.convert(header, state, START + SECOND / 2);
    expect(smaller.level(state)).toBe(0);
    expect(nanosUntil(smaller, START + SECOND / 2, TOKEN)).toBe(SECOND);
  });

  it('changes between fills over an edit', () => {
    const former = continuous(4 * TOKEN, 4 * TOKEN, SECOND);
    former.writeNumbers(header);
    takeAll(former, START);
    const discrete = new QuotaBucket(4 * TOKEN, 4 * TOKEN, SECOND, true, false);
    discrete.convert(header, state, START + SECOND / 4);
    expect(discrete.level(state)).toBe(TOKEN);
    expect(nanosUntil(discrete, START + SECOND / 4, 2 * TOKEN)).toBe(SECOND);
    discrete.writeNumbers(header);
    former.convert(header, state, START + SECOND / 2);
    expect(former.level(state)).toBe(TOKEN);
    expect(nanosUntil(former, START + SECOND / 2, 2 * TOKEN)).toBe(SECOND / 4);
  });

  it('is full when numbers come to a state nobody has used', () => {
    const bucket = new QuotaBucket(4 * TOKEN, 4 * TOKEN, SECOND, false, true);
    bucket.convert(header, state, START);
    expect(bucket.level(state)).toBe(4 * TOKEN);
    expect(takeAll(bucket, START + SECOND)).toBe(4 * TOKEN);
    // The delay began with the numbers.
    expect(nanosUntil(bucket, START + SECOND, TOKEN)).toBe(SECOND / 4);
  });
});
