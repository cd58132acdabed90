import { CLOSED, GENERATION, OPEN_UNTIL, STATE_BYTES, STATUS } from './layout';
import { STORED_BYTES } from './stored-breaker';

/**
 * A page of a breaker table: four breakers for the keys whose hash leads here. Layout: the header of
 * stored-breaker.ts, then 4 × (u64 fingerprint, u64 when it last counted a call, state).
 *
 * Overflow rule: when all four are in use, the closed one that has counted nothing for longest gives its place, and
 * forgets its window. A breaker that is open or half-open does not, until its open time has been over for a minute
 * and nobody has closed it: while all four are such, the newcomer passes unwatched. So no flood of keys closes a
 * breaker that has opened.
 */
export const BREAKERS_PER_PAGE: i32 = 4;
const ENTRY_BYTES: i32 = 16 + STATE_BYTES;
const LAST_USED: usize = 8;
const ABANDONED_NANOS: u64 = 60_000_000_000;
const ENTRY_STATE: usize = 16;
export const PAGE_BYTES: i32 = STORED_BYTES + BREAKERS_PER_PAGE * ENTRY_BYTES;

/** State of the breaker with this fingerprint (≠ 0); 0 when it has none. */
export function findBreaker(page: usize, fingerprint: u64): usize {
  for (let index = 0; index < BREAKERS_PER_PAGE; index++) {
    if (load<u64>(entryAt(page, index)) == fingerprint) return entryAt(page, index) + ENTRY_STATE;
  }
  return 0;
}

/** State of a new breaker for this fingerprint, closed, whose window must be begun; 0 when there is no place. */
export function placeBreaker(page: usize, fingerprint: u64, nowNanos: u64): usize {
  let victim: usize = 0;
  let longestUnused = u64.MAX_VALUE;
  for (let index = 0; index < BREAKERS_PER_PAGE; index++) {
    const entry = entryAt(page, index);
    if (!isReplaceable(entry + ENTRY_STATE, nowNanos)) continue;
    const lastUsed = load<u64>(entry) == 0 ? 0 : max<u64>(load<u64>(entry, LAST_USED), 1);
    if (lastUsed >= longestUnused) continue;
    longestUnused = lastUsed;
    victim = entry;
  }
  if (victim == 0) return 0;
  const state = victim + ENTRY_STATE;
  // What was admitted by the former breaker has no say in this one.
  const generation = load<u32>(state, GENERATION) + 1;
  memory.fill(state, 0, STATE_BYTES);
  store<u32>(state, generation, GENERATION);
  store<u64>(victim, fingerprint);
  store<u64>(victim, nowNanos, LAST_USED);
  return state;
}

/** Notes that the breaker with this state has counted a call. */
export function touchBreaker(state: usize, nowNanos: u64): void {
  store<u64>(state - ENTRY_STATE, nowNanos, LAST_USED);
}

/** State number `index` of a page, whether in use or not. */
export function stateAt(page: usize, index: i32): usize {
  return entryAt(page, index) + ENTRY_STATE;
}

function isReplaceable(state: usize, nowNanos: u64): bool {
  return load<u32>(state, STATUS) == CLOSED || nowNanos > load<u64>(state, OPEN_UNTIL) + ABANDONED_NANOS;
}

@inline
function entryAt(page: usize, index: i32): usize {
  return page + STORED_BYTES + <usize>(index * ENTRY_BYTES);
}
