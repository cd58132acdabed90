/** The numbers of a policy, three words as they stand in a record's header (stored-limit.ts). */
export abstract class Numbers {
  abstract hasNumbers(header: usize): bool;
  abstract writeNumbers(header: usize): void;
  /** Makes these the numbers in the header. */
  abstract adoptNumbers(header: usize): void;
}

/**
 * A limit: the rule by which a bucket's state admits requests. The state is a few bytes in memory, all zero when
 * nothing was spent; where it lives (one shared record, a slot of a table) is the caller's matter. Time is an
 * argument, monotonic nanoseconds; a time before the last one seen counts as that one.
 */
export abstract class Limit extends Numbers {
  /** Bytes of one bucket's state, a multiple of 8. */
  abstract get stateBytes(): i32;
  /** Names the algorithm, in the names of ledger records: states of two algorithms never meet. */
  abstract get algorithm(): string;
  /** Most tokens a single request can ever get. */
  abstract get maxCost(): u64;
  /** Whether tokens may be taken ahead of need and given back later without a trace. */
  abstract get allowsLeases(): bool;

  /**
   * Converts a state that was written under the numbers in the header: what is spent at this moment stays spent, in
   * whole tokens, up to all there are.
   */
  abstract convert(header: usize, state: usize, nowNanos: u64): void;

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
}

/** The numbers of a limit as they are stored; zero in a fresh record. */
export const NUMBERS_BYTES: i32 = 24;
