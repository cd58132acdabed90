import { NEWEST, TOTALS, TOTALS_BYTES, WINDOW } from './layout';

/**
 * The calls of the last `windowNanos`, in slices of a tenth. Nothing is counted here: the ring holds, for each of the
 * last ten slices, the totals at its beginning, and what happened since the oldest of them is the window. So a window
 * never holds an older call, and at least nine tenths of those it should.
 */
export const SLICES: u64 = 10;

export function sliceNanos(windowNanos: u64): u64 {
  return max<u64>(windowNanos / SLICES, 1);
}

/** Moves the ring on to `slice`; the totals must not hold a call of it yet. At most ten writes; true if it moved. */
export function advance(state: usize, slice: u64): bool {
  const newest = load<u64>(state, NEWEST);
  if (slice <= newest) return false;
  const first = slice - newest >= SLICES ? slice - SLICES + 1 : newest + 1;
  for (let fresh = first; fresh <= slice; fresh++) memory.copy(entryOf(state, fresh), state + TOTALS, TOTALS_BYTES);
  store<u64>(state, slice, NEWEST);
  return true;
}

/** Totals where the window of the newest slice begins. */
export function windowBase(state: usize): usize {
  return entryOf(state, load<u64>(state, NEWEST) + 1);
}

/** As if nothing had happened before `slice`. */
export function restart(state: usize, slice: u64): void {
  for (let index: u64 = 0; index < SLICES; index++) memory.copy(entryOf(state, index), state + TOTALS, TOTALS_BYTES);
  store<u64>(state, slice, NEWEST);
}

@inline
function entryOf(state: usize, slice: u64): usize {
  return state + WINDOW + <usize>(slice % SLICES) * TOTALS_BYTES;
}
