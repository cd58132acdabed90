import { BREAKERS_PER_PAGE, findBreaker, PAGE_BYTES, placeBreaker, touchBreaker } from '../core/circuit-breaker/breaker-page';
import { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker';
import { CLOSED, FAILURES, GENERATION, HALF_OPEN, OPEN, OPEN_UNTIL, STATE_BYTES, STATUS, TOTALS } from '../core/circuit-breaker/layout';
import { BreakerSettings, WINDOW_OF_CALLS, WINDOW_OF_TIME } from '../core/circuit-breaker/settings';
import { STORED_BYTES, StoredBreaker } from '../core/circuit-breaker/stored-breaker';

const SECOND: u64 = 1_000_000_000;
const START: u64 = 5_000 * SECOND;
const state: usize = memory.data(928, 8);
const page: usize = memory.data(3888, 8);

function settingsOf(): BreakerSettings {
  const settings = new BreakerSettings();
  settings.windowKind = WINDOW_OF_TIME;
  settings.windowSize = 10 * SECOND;
  settings.minimumCalls = 4;
  settings.failureRate = 5000;
  settings.openNanos = 30 * SECOND;
  settings.mostOpenNanos = 24 * 3600 * SECOND;
  settings.probes = 2;
  settings.probeNanos = 5 * SECOND;
  return settings;
}

/** A call that is admitted and ends at one moment. */
function call(breaker: CircuitBreaker, nanos: u64, isFailure: bool, isSlow: bool = false, random: u64 = 0): bool {
  if (breaker.admit(state, nanos) > 0) return false;
  const permit = breaker.permit;
  const generation = load<u32>(state, GENERATION);
  if (permit != 0) {
    breaker.judgeProbe(state, generation, permit, isFailure, isSlow, 0, nanos, random);
  } else {
    breaker.advance(state, nanos);
    breaker.count(state, isFailure, isSlow, 0);
    breaker.judge(state, generation, isFailure, isSlow, nanos, random);
  }
  return true;
}

function status(): u32 {
  return load<u32>(state, STATUS);
}

describe('circuit breaker', () => {
  beforeEach(() => {
    memory.fill(state, 0, STATE_BYTES);
    memory.fill(page, 0, PAGE_BYTES);
  });

  it('opens at the threshold, not below', () => {
    const breaker = new CircuitBreaker(settingsOf());
    for (let index = 0; index < 3; index++) call(breaker, START, false);
    for (let index = 0; index < 2; index++) call(breaker, START, true);
    expect(status()).toBe(CLOSED);
    call(breaker, START, true);
    expect(status()).toBe(OPEN);
  });

  it('waits to the nanosecond', () => {
    const breaker = new CircuitBreaker(settingsOf());
    for (let index = 0; index < 4; index++) call(breaker, START, true);
    expect(breaker.admit(state, START)).toBe(30 * SECOND);
    expect(breaker.admit(state, START + 30 * SECOND - 1)).toBe(1);
    expect(breaker.admit(state, START + 30 * SECOND)).toBe(0);
    expect(status()).toBe(HALF_OPEN);
  });

  it('a time before the last one seen changes nothing it should not', () => {
    const breaker = new CircuitBreaker(settingsOf());
    for (let index = 0; index < 3; index++) call(breaker, START, true);
    call(breaker, START - 20 * SECOND, true);
    expect(status()).toBe(OPEN);
  });

  it('spreads the open time evenly within its jitter, and never beyond the longest', () => {
    const settings = settingsOf();
    settings.jitter = 1000;
    settings.minimumCalls = 0;
    settings.mostOpenNanos = 32 * SECOND;
    const breaker = new CircuitBreaker(settings);
    let least = u64.MAX_VALUE;
    let most: u64 = 0;
    for (let random: u64 = 0; random < 1000; random++) {
      memory.fill(state, 0, STATE_BYTES);
      call(breaker, START, true, false, random * 6_011_111);
      const open = load<u64>(state, OPEN_UNTIL) - START;
      least = min(least, open);
      most = max(most, open);
    }
    expect(least).toBeGreaterThanOrEqual(27 * SECOND);
    expect(least).toBeLessThan(27 * SECOND + SECOND / 10);
    expect(most).toBe(32 * SECOND);
  });

  it('grows the open time and stops at the longest, after however many openings', () => {
    const settings = settingsOf();
    settings.minimumCalls = 0;
    settings.probes = 1;
    settings.backoff = 1001;
    settings.mostOpenNanos = 30 * SECOND + SECOND / 2;
    const breaker = new CircuitBreaker(settings);
    let now = START;
    call(breaker, now, true);
    for (let opening = 0; opening < 500; opening++) {
      now = load<u64>(state, OPEN_UNTIL);
      call(breaker, now, true);
    }
    expect(load<u64>(state, OPEN_UNTIL) - now).toBe(30 * SECOND + SECOND / 2);
  });

  it('has no permit beyond those permitted, and gives one back once', () => {
    const breaker = new CircuitBreaker(settingsOf());
    for (let index = 0; index < 4; index++) call(breaker, START, true);
    const now = START + 30 * SECOND;
    expect(breaker.admit(state, now)).toBe(0);
    const first = breaker.permit;
    const generation = load<u32>(state, GENERATION);
    expect(breaker.admit(state, now)).toBe(0);
    expect(breaker.admit(state, now)).toBeGreaterThan(0);
    expect(breaker.giveBack(state, generation, first, now)).toBe(true);
    expect(breaker.giveBack(state, generation, first, now)).toBe(false);
    expect(breaker.giveBack(state, generation - 1, first + 1, now)).toBe(false);
    expect(breaker.admit(state, now)).toBe(0);
    expect(breaker.permit).not.toBe(first);
    expect(breaker.admit(state, now)).toBeGreaterThan(0);
  });

  it('begins its window anew when the totals have gone back', () => {
    const breaker = new CircuitBreaker(settingsOf());
    for (let index = 0; index < 3; index++) call(breaker, START, true);
    const later = START + 20 * SECOND;
    for (let index = 0; index < 3; index++) call(breaker, later, true);
    store<u64>(state + TOTALS, 0, FAILURES);
    for (let index = 0; index < 4; index++) call(breaker, later, true);
    expect(status()).toBe(CLOSED);
    call(breaker, later, true);
    expect(status()).toBe(OPEN);
  });

  it('marks calls of a window of calls whose totals another worker has moved on', () => {
    const settings = settingsOf();
    settings.windowKind = WINDOW_OF_CALLS;
    settings.windowSize = 10;
    const breaker = new CircuitBreaker(settings);
    // Two failures are counted before the first of them is marked.
    for (let index = 0; index < 4; index++) breaker.count(state, index > 1, false, 0);
    breaker.judge(state, 0, true, false, START, 0);
    expect(status()).toBe(CLOSED);
    breaker.judge(state, 0, true, false, START, 0);
    expect(status()).toBe(OPEN);
  });
});

describe('stored breaker', () => {
  beforeEach(() => {
    memory.fill(page, 0, PAGE_BYTES);
  });

  it('adopts the settings of a newer epoch and converts a state of an older one', () => {
    const header = page;
    const stateBehind = page + STORED_BYTES;
    const first = new StoredBreaker(new CircuitBreaker(settingsOf()));
    expect(first.establish(header)).toBe(true);
    first.convert(header, stateBehind, START);
    first.stamp(header);
    const edited = settingsOf();
    edited.minimumCalls = 77;
    const second = new StoredBreaker(new CircuitBreaker(edited));
    expect(second.establish(header)).toBe(true);
    expect(second.needsConversion(header)).toBe(true);
    second.convert(header, stateBehind, START);
    second.stamp(header);
    expect(first.needsConversion(header)).toBe(false);
    expect(first.breaker.settings.minimumCalls).toBe(77);
  });
});

describe('breaker page', () => {
  beforeEach(() => {
    memory.fill(page, 0, PAGE_BYTES);
  });

  it('replaces the closed breaker that has counted nothing for longest, and an open one only when nobody wants it', () => {
    for (let key: u64 = 1; key <= <u64>BREAKERS_PER_PAGE; key++) expect(placeBreaker(page, key, START + key)).not.toBe(0);
    touchBreaker(findBreaker(page, 1), START + 100);
    store<u32>(findBreaker(page, 2), OPEN, STATUS);
    store<u64>(findBreaker(page, 2), START, OPEN_UNTIL);
    expect(placeBreaker(page, 9, START + 200)).not.toBe(0);
    expect(findBreaker(page, 3)).toBe(0);
    expect(findBreaker(page, 2)).not.toBe(0);
    for (let key: u64 = 1; key <= 9; key++) if (findBreaker(page, key) != 0) store<u32>(findBreaker(page, key), OPEN, STATUS);
    expect(placeBreaker(page, 10, START + 300)).not.toBe(0);
  });

  it('has no place while all are open', () => {
    for (let key: u64 = 1; key <= 4; key++) {
      const placed = placeBreaker(page, key, START);
      store<u32>(placed, OPEN, STATUS);
      store<u64>(placed, START + SECOND, OPEN_UNTIL);
    }
    expect(placeBreaker(page, 9, START + 61 * SECOND)).toBe(0);
    expect(placeBreaker(page, 9, START + 61 * SECOND + 1)).not.toBe(0);
  });

  it('gives a new breaker another generation than the one it replaces', () => {
    const placed = placeBreaker(page, 1, START);
    const before = load<u32>(placed, GENERATION);
    for (let key: u64 = 2; key <= 5; key++) placeBreaker(page, key, START + key);
    expect(findBreaker(page, 1)).toBe(0);
    expect(load<u32>(placed, GENERATION)).not.toBe(before);
  });
});
