/**
 * Time that moves only when told to. Nanoseconds; the realtime clock runs in step with the monotonic one.
 */
export interface VirtualClock {
  /** Monotonic time, ns. */
  now(): bigint;
  /** Time since 1970, ns. */
  realtime(): bigint;
  /** Moves forward to a monotonic time; throws when that lies in the past. */
  moveTo(nanos: bigint): void;
}

export function createVirtualClock(startNanos: bigint, startRealtimeNanos: bigint): VirtualClock {
  let now = startNanos;
  const offset = startRealtimeNanos - startNanos;
  return {
    now: () => now,
    realtime: () => now + offset,
    moveTo: (nanos) => {
      if (nanos < now) throw new RangeError(`Expected a time at or after ${now} ns, got ${nanos} ns`);
      now = nanos;
    },
  };
}
