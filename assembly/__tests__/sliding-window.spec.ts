import { SlidingWindow } from '../core/sliding-window';

const SECOND: u64 = 1_000_000_000;
const START: u64 = 16_000 * SECOND;
const state: usize = memory.data(80, 8);

function takeAt(window: SlidingWindow, nanos: u64, tries: i32): i32 {
  let admitted = 0;
  for (let index = 0; index < tries; index++) {
    if (window.waitNanos(state, nanos, 1, 0) > 0) continue;
    window.take(state, nanos, 1, 0);
    admitted++;
  }
  return admitted;
}

describe('sliding window', () => {
  beforeEach(() => {
    memory.fill(state, 0, 80);
  });

  it('admits its limit and no more within one window', () => {
    const window = new SlidingWindow(5, 16 * SECOND);
    expect(takeAt(window, START, 9)).toBe(5);
    expect(takeAt(window, START + 16 * SECOND - 1, 9)).toBe(0);
  });

  it('gives room back one step after the window', () => {
    const window = new SlidingWindow(5, 16 * SECOND);
    takeAt(window, START, 5);
    expect(takeAt(window, START + 17 * SECOND - 1, 9)).toBe(0);
    expect(takeAt(window, START + 17 * SECOND, 9)).toBe(5);
  });

  it('never passes the limit in any window, whatever the arrivals', () => {
    const window = new SlidingWindow(10, 16 * SECOND);
    const admittedAt = new Array<u64>();
    let random: u32 = 12345;
    let now = START;
    for (let index = 0; index < 5000; index++) {
      random = random * 1664525 + 1013904223;
      now += <u64>(random >> 8) * 200;
      if (takeAt(window, now, 1) == 1) admittedAt.push(now);
    }
    let most = 0;
    for (let last = 0; last < admittedAt.length; last++) {
      let inside = 0;
      for (let index = last; index >= 0 && admittedAt[index] + 16 * SECOND > admittedAt[last]; index--) inside++;
      if (inside > most) most = inside;
    }
    expect(most).toBe(10);
  });

  it('tells a wait after which the request passes, and not before', () => {
    const window = new SlidingWindow(3, 16 * SECOND);
    takeAt(window, START + 500, 2);
    takeAt(window, START + 5 * SECOND, 1);
    const wait = window.waitNanos(state, START + 6 * SECOND, 2, 0);
    expect(wait).toBe(11 * SECOND);
    expect(window.waitNanos(state, START + 6 * SECOND + wait, 2, 0)).toBe(0);
  });

  it('takes back what was not spent', () => {
    const window = new SlidingWindow(4, 16 * SECOND);
    takeAt(window, START, 4);
    window.refund(state, START + SECOND, 2);
    expect(window.remaining(state, START + SECOND)).toBe(2);
  });

  it('is empty again when left alone', () => {
    const window = new SlidingWindow(4, 16 * SECOND);
    takeAt(window, START, 4);
    expect(window.nanosUntilFull(state, START)).toBe(17 * SECOND);
    expect(window.spent(state, START + 17 * SECOND)).toBe(0);
    expect(window.nanosUntilFull(state, START + 17 * SECOND)).toBe(0);
  });
});
