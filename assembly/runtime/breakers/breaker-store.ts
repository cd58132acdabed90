/** What `finish` made of a call. */
export const COUNTED: i32 = 0;
/** Its breaker has passed into another state since it was admitted, or its permit has expired. */
export const LATE: i32 = 1;

/** A request finds the ledger so contended that no commit wins: it is refused, as it is where a limit cannot be kept. */
export const CONTENTION_WAIT_NANOS: u64 = 1_000_000;

/**
 * Where the breakers of one policy are kept, shared by all workers. `fingerprint` tells the breakers of a keyed store
 * apart; the other ignores it.
 */
export abstract class BreakerStore {
  /** After `admit`: what to come back with. A permit of 0 is none. */
  generation: u32 = 0;
  permit: u32 = 0;
  /** After `admit`: false when the request passes without being watched. */
  isWatched: bool = true;

  /** Makes the shared records exist, under the breaker's settings. Called from on_configure only. */
  abstract create(nowNanos: u64): void;
  /** Nanoseconds until the request could pass; 0: it may, with `generation` and `permit`. */
  abstract admit(fingerprint: u64): u64;
  /** The end of a call that `admit` let pass: counted, or too late. */
  abstract finish(
    fingerprint: u64,
    generation: u32,
    permit: u32,
    isFailure: bool,
    isSlow: bool,
    micros: u64,
    nowNanos: u64,
  ): i32;
  /** The end of a call that came to nothing: its permit, if it has one, goes back. */
  abstract giveBack(fingerprint: u64, generation: u32, permit: u32): void;
}
