/**
 * The state of one breaker: bytes, all zero in a breaker that never was used. Where they live (a shared record, a
 * slot of a page) is the caller's matter; times are monotonic nanoseconds.
 */
export const STATUS: usize = 0; // u32
/** Grows with every transition: what was admitted under another generation has no say. u32. */
export const GENERATION: usize = 4;
/** When an open breaker lets probes through. u64. */
export const OPEN_UNTIL: usize = 8;
/** How often it has opened since it was last closed. u32. */
export const OPENINGS: usize = 16;
/** Failures in a row, u32, and the successes there had been at the last of them, u64. */
export const CONSECUTIVE: usize = 20;
export const SUCCESSES_BEFORE: usize = 24;

/** All calls ever counted, four words: successes, failures, slow calls, microseconds. They only grow. */
export const TOTALS: usize = 32;
export const TOTALS_BYTES: usize = 32;
export const SUCCESSES: usize = 0;
export const FAILURES: usize = 8;
export const SLOW: usize = 16;
export const MICROS: usize = 24;

/** Results of probes: u32 results, failures, slow calls, the last permit's number; u64 microseconds. */
export const PROBE_RESULTS: usize = 64;
export const PROBE_FAILURES: usize = 68;
export const PROBE_SLOW: usize = 72;
export const LAST_PERMIT: usize = 76;
export const PROBE_MICROS: usize = 80;

/** Time window: the newest slice, u64. Call window: the last call marked, u64, counted from `WINDOW`. */
export const NEWEST: usize = 88;
/** 32 permits (permits.ts). */
export const PERMITS: usize = 96;
export const PERMIT_BYTES: usize = 16;
/** time-window.ts or call-window.ts. */
export const WINDOW: usize = 96 + 32 * 16;
export const WINDOW_BYTES: usize = 320;

export const STATE_BYTES: i32 = 96 + 32 * 16 + 320;

export const CLOSED: u32 = 0;
export const OPEN: u32 = 1;
export const HALF_OPEN: u32 = 2;
