import { LAST_PERMIT, PERMITS, PERMIT_BYTES } from './layout';
import { MOST_PROBES } from './settings';

/**
 * Permits of a half-open breaker: 32 entries of u64 number (0 = free) and u64 time at which it expires. A permit is
 * known by its number, so whoever comes back with one that has expired finds it gone.
 */

/** How many are out and have not expired; expired ones are taken back. */
export function permitsOut(state: usize, nowNanos: u64): u32 {
  let out: u32 = 0;
  for (let index: u32 = 0; index < MOST_PROBES; index++) {
    const permit = permitAt(state, index);
    if (load<u64>(permit) == 0) continue;
    if (nowNanos >= load<u64>(permit, 8)) store<u64>(permit, 0);
    else out++;
  }
  return out;
}

/** Gives out a permit and returns its number; the caller has seen that there is room. */
export function givePermit(state: usize, expiresNanos: u64): u32 {
  const number = load<u32>(state, LAST_PERMIT) == u32.MAX_VALUE ? 1 : load<u32>(state, LAST_PERMIT) + 1;
  store<u32>(state, number, LAST_PERMIT);
  for (let index: u32 = 0; index < MOST_PROBES; index++) {
    const permit = permitAt(state, index);
    if (load<u64>(permit) != 0) continue;
    store<u64>(permit, number);
    store<u64>(permit, expiresNanos, 8);
    return number;
  }
  return 0;
}

/** Takes a permit back; false when it is not out, or has expired. */
export function takePermitBack(state: usize, number: u32, nowNanos: u64): bool {
  for (let index: u32 = 0; index < MOST_PROBES; index++) {
    const permit = permitAt(state, index);
    if (load<u64>(permit) != <u64>number) continue;
    store<u64>(permit, 0);
    return nowNanos < load<u64>(permit, 8);
  }
  return false;
}

/** Nanoseconds until the next permit expires; none out: u64.MAX_VALUE. */
export function nextExpiry(state: usize): u64 {
  let next = u64.MAX_VALUE;
  for (let index: u32 = 0; index < MOST_PROBES; index++) {
    const permit = permitAt(state, index);
    if (load<u64>(permit) != 0) next = min(next, load<u64>(permit, 8));
  }
  return next;
}

export function dropPermits(state: usize): void {
  memory.fill(state + PERMITS, 0, <usize>MOST_PROBES * PERMIT_BYTES);
}

@inline
function permitAt(state: usize, index: u32): usize {
  return state + PERMITS + <usize>index * PERMIT_BYTES;
}
