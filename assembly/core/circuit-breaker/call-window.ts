import { FAILURES, NEWEST, SUCCESSES, TOTALS, WINDOW, WINDOW_BYTES } from './layout';

/**
 * The last `size` calls, at most 1,000. Calls are numbered from 1 by the totals; only those that failed or were slow
 * are marked, each in a bit of a ring, so a good call needs no write. Layout: u64 calls before the first, 128 bytes
 * failures, 128 bytes slow calls. Marking takes at most `size` steps, looking as many.
 */
const BASE: usize = WINDOW;
const FAILED: usize = WINDOW + 8;
const SLOW: usize = WINDOW + 136;

export let windowCalls: u64 = 0;
export let windowFailures: u64 = 0;
export let windowSlow: u64 = 0;

export function restart(state: usize): void {
  memory.fill(state + WINDOW, 0, WINDOW_BYTES);
  store<u64>(state, allCalls(state), BASE);
  store<u64>(state, 0, NEWEST);
}

/**
 * Marks the call just counted in the totals. Where another worker has counted its call later and marked it sooner,
 * that one has taken the last number, and this call is one of those before it that were taken for good ones.
 */
export function mark(state: usize, size: u64, isFailure: bool, isSlow: bool): void {
  const last = load<u64>(state, NEWEST);
  const number = allCalls(state) - load<u64>(state, BASE);
  if (number <= last) return markAmong(state, size, last, isFailure, isSlow);
  const first = number - last > size ? number - size + 1 : last + 1;
  for (let fresh = first; fresh <= number; fresh++) {
    setBit(state + FAILED, fresh % size, false);
    setBit(state + SLOW, fresh % size, false);
  }
  setBit(state + FAILED, number % size, isFailure);
  setBit(state + SLOW, number % size, isSlow);
  store<u64>(state, number, NEWEST);
}

/** Marks the newest call up to `last` that has no mark; if all in the window have one, it is as bad as can be. */
function markAmong(state: usize, size: u64, last: u64, isFailure: bool, isSlow: bool): void {
  const oldest: u64 = last > size ? last - size + 1 : 1;
  for (let past = last; past >= oldest; past--) {
    if (bit(state + FAILED, past % size) || bit(state + SLOW, past % size)) continue;
    setBit(state + FAILED, past % size, isFailure);
    setBit(state + SLOW, past % size, isSlow);
    return;
  }
}

/** Counts the window into `windowCalls`, `windowFailures`, `windowSlow`. */
export function look(state: usize, size: u64): void {
  const last = load<u64>(state, NEWEST);
  const number = max(allCalls(state) - load<u64>(state, BASE), last);
  windowCalls = min(number, size);
  windowFailures = 0;
  windowSlow = 0;
  for (let past = number > size ? number - size + 1 : 1; past <= last; past++) {
    windowFailures += u64(bit(state + FAILED, past % size));
    windowSlow += u64(bit(state + SLOW, past % size));
  }
}

/** Calls since the window began; more than any when the totals have gone back (a hot restart). */
export function callsSinceRestart(state: usize): u64 {
  return allCalls(state) - load<u64>(state, BASE);
}

/** Calls there had been when the window began. */
export function callsBeforeWindow(state: usize): u64 {
  return load<u64>(state, BASE);
}

@inline
function allCalls(state: usize): u64 {
  return load<u64>(state, TOTALS + SUCCESSES) + load<u64>(state, TOTALS + FAILURES);
}

@inline
function bit(bits: usize, index: u64): bool {
  return ((load<u8>(bits + <usize>(index >> 3)) >> <u8>(index & 7)) & 1) != 0;
}

function setBit(bits: usize, index: u64, value: bool): void {
  const at = bits + <usize>(index >> 3);
  const mask: u8 = <u8>1 << <u8>(index & 7);
  const rest = load<u8>(at) & ~mask;
  store<u8>(at, value ? rest | mask : rest);
}
