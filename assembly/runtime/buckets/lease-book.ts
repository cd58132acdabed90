import { wantTickWithin } from '../ticks';
import { monotonicNanos } from '../clock';

/** A worker that has not been to the ledger for this long gives its lease back. */
const IDLE_MILLIS: u32 = 50;
const NANOS_PER_MILLI: u64 = 1_000_000;

/** What holds tokens that it took from the ledger ahead of need. */
export abstract class LeaseHolder {
  /** The next one of the book, and whether this one is listed in it. */
  nextHolder: LeaseHolder | null = null;
  isListed: bool = false;

  /** Has this worker not been to the ledger for so long that its lease should go back? */
  isIdle(_nowNanos: u64, _idleNanos: u64): bool { return true; }
  /** Gives the lease back. */
  abstract settle(nowNanos: u64): void;
}

/** The holders of this worker. Nothing ticks while there is none. */
let firstHolder: LeaseHolder | null = null;

export function holdLease(holder: LeaseHolder): void {
  wantTickWithin(IDLE_MILLIS);
  holder.isListed = true;
  holder.nextHolder = firstHolder;
  firstHolder = holder;
}

/** On every tick: settles idle holders. Returns within how many milliseconds the next tick is needed, 0 for none. */
export function settleIdleLeases(nowNanos: u64): u32 {
  let kept: LeaseHolder | null = null;
  let holder = firstHolder;
  firstHolder = null;
  while (holder !== null) {
    const next: LeaseHolder | null = holder.nextHolder;
    if (holder.isIdle(nowNanos, IDLE_MILLIS * NANOS_PER_MILLI)) {
      holder.settle(nowNanos);
      holder.isListed = false;
      holder.nextHolder = null;
    } else {
      holder.nextHolder = kept;
      kept = holder;
    }
    holder = next;
  }
  firstHolder = kept;
  return kept === null ? 0 : IDLE_MILLIS;
}

/**
 * Settles every lease, idle or not: before a configuration is replaced, so that its buckets keep their level. A bucket
 * of the former configuration may take another lease until it is gone, so the root that calls this goes on ticking.
 */
export function settleAllLeases(): void {
  if (firstHolder === null) return;
  wantTickWithin(IDLE_MILLIS);
  const now = monotonicNanos();
  let holder = firstHolder;
  while (holder !== null) {
    holder.settle(now);
    holder = holder.nextHolder;
  }
}
