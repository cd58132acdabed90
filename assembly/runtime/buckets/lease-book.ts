import { proxy_set_tick_period_milliseconds } from '../abi';
import { monotonicNanos } from '../clock';
import { SharedBucket } from './shared-bucket';

/** A worker that has not been to the ledger for this long gives its lease back. */
const IDLE_MILLIS: u32 = 50;
const NANOS_PER_MILLI: u64 = 1_000_000;

/** Buckets of which this worker holds a lease. Nothing ticks while there is none. */
let firstHolder: SharedBucket | null = null;

export function holdLease(bucket: SharedBucket): void {
  // Asked for again each time: the root context that ticked before may be gone with its configuration.
  proxy_set_tick_period_milliseconds(IDLE_MILLIS);
  bucket.isListed = true;
  bucket.nextHolder = firstHolder;
  firstHolder = bucket;
}

/** On every tick: settles idle buckets, and stops the ticks with the last of them. */
export function settleIdleLeases(): void {
  const now = monotonicNanos();
  let kept: SharedBucket | null = null;
  let bucket = firstHolder;
  firstHolder = null;
  while (bucket !== null) {
    const next: SharedBucket | null = bucket.nextHolder;
    if (bucket.isIdle(now, IDLE_MILLIS * NANOS_PER_MILLI)) {
      bucket.settle(now);
      bucket.isListed = false;
      bucket.nextHolder = null;
    } else {
      bucket.nextHolder = kept;
      kept = bucket;
    }
    bucket = next;
  }
  firstHolder = kept;
  if (kept === null) proxy_set_tick_period_milliseconds(0);
}

/**
 * Settles every lease, idle or not: before a configuration is replaced, so that its buckets keep their level. A bucket
 * of the former configuration may take another lease until it is gone, so the root that calls this goes on ticking.
 */
export function settleAllLeases(): void {
  if (firstHolder === null) return;
  proxy_set_tick_period_milliseconds(IDLE_MILLIS);
  const now = monotonicNanos();
  let bucket = firstHolder;
  while (bucket !== null) {
    bucket.settle(now);
    bucket = bucket.nextHolder;
  }
}
