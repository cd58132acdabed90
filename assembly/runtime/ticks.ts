import { proxy_set_tick_period_milliseconds } from './abi';

/**
 * The one timer a root context has, shared by all that need to be woken. It runs only while somebody does. Each root
 * that was asked to tick goes on until nobody needs ticks any more: a root may outlive, or go before, what it was asked
 * for, so what ticks serve is never tied to a root.
 */
export let currentRoot: u32 = 0;

/** Told by whoever knows under which root the callback at hand runs. */
export function setCurrentRoot(root: u32): void {
  currentRoot = root;
}

let tickingRoot: u32 = 0;
let periodMillis: u32 = 0;

/** Makes the root at hand tick within `millis` from now. */
export function wantTickWithin(millis: u32): void {
  if (currentRoot == tickingRoot && periodMillis != 0 && periodMillis <= millis) return;
  setPeriod(millis);
}

/** At the end of a tick of the root at hand: when the next one is needed, 0 for never. */
export function setNextTick(millis: u32): void {
  if (currentRoot != tickingRoot || millis != periodMillis) setPeriod(millis);
}

function setPeriod(millis: u32): void {
  tickingRoot = currentRoot;
  periodMillis = millis;
  proxy_set_tick_period_milliseconds(millis);
}

/** The sooner of two periods, where 0 is never. */
export function soonerTick(left: u32, right: u32): u32 {
  if (left == 0) return right;
  return right == 0 ? left : min(left, right);
}

const NANOS_PER_MILLI: u64 = 1_000_000;

/** Within how many milliseconds to tick for what is due then: 1 at least, and a second at most. */
export function millisUntil(dueNanos: u64, nowNanos: u64): u32 {
  if (dueNanos <= nowNanos) return 1;
  return <u32>min<u64>((dueNanos - nowNanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI, 1_000);
}
