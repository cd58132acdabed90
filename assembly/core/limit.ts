/** What stands before every stored state: which limit wrote it. u64 stamp, u64 units per token, u64 algorithm. */
export const STATE_HEADER_BYTES: i32 = 24;
const STAMP: usize = 0;
const UNITS_PER_TOKEN: usize = 8;
const ALGORITHM: usize = 16;

/** What a stored state needs before `limit` may read it. */
export const STATE_IS_CURRENT: i32 = 0;
export const STATE_WAS_CONVERTIBLE: i32 = 1;
export const STATE_WAS_FOREIGN: i32 = 2;

let formerUnits: u64 = 1;

/** Units per token of the header last stamped over. */
export function formerUnitsPerToken(): u64 {
  return formerUnits;
}

/** Puts the header of `limit` in place and says what the states behind it, written under the former one, need. */
export function stampHeader(header: usize, limit: Limit): i32 {
  if (load<u64>(header, STAMP) == limit.stamp) return STATE_IS_CURRENT;
  const isConvertible = load<u64>(header, ALGORITHM) == limit.algorithm;
  formerUnits = load<u64>(header, UNITS_PER_TOKEN);
  store<u64>(header, limit.stamp, STAMP);
  store<u64>(header, limit.unitsPerToken, UNITS_PER_TOKEN);
  store<u64>(header, limit.algorithm, ALGORITHM);
  return isConvertible ? STATE_WAS_CONVERTIBLE : STATE_WAS_FOREIGN;
}

/**
 * A limit: the rule by which a bucket's state admits requests. The state is a few bytes in memory, all zero when
 * nothing was spent; where it lives (one shared record, a slot of a table) is the caller's matter. Time is an
 * argument, monotonic nanoseconds; a time before the last one seen counts as that one.
 */
export abstract class Limit {
  /** Bytes of one bucket's state, a multiple of 8. */
  abstract get stateBytes(): i32;
  /** Tells limits apart whose states must not be read as one another's. */
  abstract get algorithm(): u64;
  /** Changes whenever a number of the limit changes. */
  abstract get stamp(): u64;
  /** Internal units one token counts, kept beside the state so that a changed limit can convert it. */
  abstract get unitsPerToken(): u64;
  /** Most tokens a single request can ever get. */
  abstract get maxCost(): u64;
  /** Whether tokens may be taken ahead of need and given back later without a trace. */
  abstract get allowsLeases(): bool;

  /** Nanoseconds until `tokens` would be admitted with nobody else asking; 0 = now. Changes nothing. */
  abstract waitNanos(state: usize, nowNanos: u64, tokens: u64, reservedTokens: u64): u64;
  /** Takes `tokens`, which `waitNanos` has just found admissible at the same `nowNanos`. */
  abstract take(state: usize, nowNanos: u64, tokens: u64, reservedTokens: u64): void;
  /** Gives back tokens that were taken but not spent. */
  abstract refund(state: usize, nowNanos: u64, tokens: u64): void;
  /** Whole tokens left. */
  abstract remaining(state: usize, nowNanos: u64): u64;
  /** Nanoseconds until the bucket is as new. */
  abstract nanosUntilFull(state: usize, nowNanos: u64): u64;
  /** How much is spent, in internal units: what is evicted first is what has spent least. 0 = as new. */
  abstract spent(state: usize, nowNanos: u64): u64;
  /** Makes `target` at least as spent as `source`, at every future moment. */
  abstract raiseTo(target: usize, source: usize, nowNanos: u64): void;
  /** Converts a state written under other numbers of the same algorithm: tokens spent stay spent. */
  abstract convert(state: usize, nowNanos: u64, formerUnitsPerToken: u64): void;
}
