import { LeaseHolder } from './lease-book';

/**
 * Where the buckets of one limit are kept, shared by all workers. Times are monotonic nanoseconds; a wait of 0 means
 * admitted. `fingerprint` tells the keys of a keyed store apart; the others ignore it.
 */
export abstract class BucketStore extends LeaseHolder {
  /** After `take` on a store that was told to measure: whole tokens left, and nanoseconds until full. */
  remaining: u64 = 0;
  nanosUntilFull: u64 = 0;

  /** Whether tokens are held ahead of need; then the ledger, and the statistics with it, lag a moment behind. */
  get isLeasing(): bool { return false; }

  /** Takes `tokens` of what this worker holds ahead of need; false, and nothing taken, when it holds too few. */
  takeHeld(_tokens: u64): bool { return false; }

  /** Makes the shared records exist, under the limit's numbers. Called from on_configure only. */
  abstract create(nowNanos: u64): void;
  /** Nanoseconds until `tokens` could be taken; takes nothing. */
  abstract check(nowNanos: u64, fingerprint: u64, tokens: u64): u64;
  /** Takes `tokens` and returns 0, or takes nothing and returns the wait. */
  abstract take(nowNanos: u64, fingerprint: u64, tokens: u64): u64;
  /** Gives back what `take` took at this moment. */
  abstract refund(nowNanos: u64, fingerprint: u64, tokens: u64): void;
}

/** A bucket found empty is looked at again after this long at most: others may have given tokens back. */
export const LONGEST_REFUSAL_NANOS: u64 = 10_000_000;

/** What a request waits when the ledger was so contended that no commit won: it is refused, not let through. */
export const CONTENTION_WAIT_NANOS: u64 = 1_000_000;
