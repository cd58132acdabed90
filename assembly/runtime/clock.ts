import { CLOCK_MONOTONIC, clock_time_get } from './abi';
import { resultNumber } from './memory';

/** Monotonic nanoseconds, the same clock in every worker of the process. About 0.1 µs. */
export function monotonicNanos(): u64 {
  clock_time_get(CLOCK_MONOTONIC, 1, resultNumber);
  return load<u64>(resultNumber);
}
