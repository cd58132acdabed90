import { Limit } from './limit';

/** A window is counted in this many steps. */
export const STEPS_PER_WINDOW: u64 = 16;
/** One step more than a window has: the oldest one lies in the window only in part, and counts whole. */
const COUNTERS: u64 = STEPS_PER_WINDOW + 1;
const NEWEST_STEP: usize = 0;
const COUNTS: usize = 8;
/** 8 bytes newest step, 17 counters of 4 bytes, padded. */
export const SLIDING_WINDOW_STATE_BYTES: i32 = 80;

/**
 * At most `maxRequests` in any stretch of `windowNanos`: a ring of counters, one a step of a sixteenth of the
 * window. A request is forgotten when its whole step has left the window, so the limit is never passed in any
 * window and room comes back at most one step late. O(17) per operation.
 */
export class SlidingWindow extends Limit {
  private maxRequests: u64 = 1;
  private windowNanos: u64 = STEPS_PER_WINDOW;
  private stepNanos: u64 = 1;

  /** `maxRequests` 1…2^32−1; `windowNanos` ≥ 16. */
  constructor(maxRequests: u64, windowNanos: u64) {
    super();
    this.setNumbers(maxRequests, windowNanos);
  }

  private setNumbers(maxRequests: u64, windowNanos: u64): void {
    this.maxRequests = maxRequests;
    this.windowNanos = windowNanos;
    this.stepNanos = (windowNanos + STEPS_PER_WINDOW - 1) / STEPS_PER_WINDOW;
  }

  get stateBytes(): i32 { return SLIDING_WINDOW_STATE_BYTES; }
  get algorithm(): string { return 'sliding-window'; }
  get allowsLeases(): bool { return false; }
  get maxCost(): u64 { return this.maxRequests; }

  hasNumbers(header: usize): bool {
    return load<u64>(header) == this.maxRequests && load<u64>(header, 8) == this.windowNanos;
  }

  writeNumbers(header: usize): void {
    store<u64>(header, this.maxRequests);
    store<u64>(header, this.windowNanos, 8);
  }

  adoptNumbers(header: usize): void {
    this.setNumbers(load<u64>(header), load<u64>(header, 8));
  }

  /** What counts now counts as of now: it leaves the window later than it would have, never earlier. */
  convert(header: usize, state: usize, nowNanos: u64): void {
    let total: u64 = 0;
    if (load<u64>(header) != 0) {
      former.adoptNumbers(header);
      total = former.spent(state, nowNanos);
    }
    memory.fill(state, 0, SLIDING_WINDOW_STATE_BYTES);
    const step = nowNanos / this.stepNanos;
    store<u64>(state, step, NEWEST_STEP);
    store<u32>(counterOf(state, step), <u32>min(total, this.maxRequests));
  }

  waitNanos(state: usize, nowNanos: u64, tokens: u64, reservedTokens: u64): u64 {
    const step = this.stepAt(state, nowNanos);
    let total = this.countAt(state, step) + reservedTokens;
    if (total + tokens <= this.maxRequests) return 0;
    const newest = load<u64>(state, NEWEST_STEP);
    const oldest = newest >= STEPS_PER_WINDOW ? newest - STEPS_PER_WINDOW : 0;
    for (let past = oldest; past <= newest; past++) {
      if (past + COUNTERS <= step) continue;
      total -= <u64>load<u32>(counterOf(state, past));
      if (total + tokens <= this.maxRequests) return (past + COUNTERS) * this.stepNanos - nowNanos;
    }
    return (step + COUNTERS) * this.stepNanos - nowNanos;
  }

  take(state: usize, nowNanos: u64, tokens: u64, _reservedTokens: u64): void {
    const step = this.stepAt(state, nowNanos);
    advance(state, step);
    const counter = counterOf(state, step);
    store<u32>(counter, <u32>min<u64>(<u64>load<u32>(counter) + tokens, u32.MAX_VALUE));
  }

  refund(state: usize, nowNanos: u64, tokens: u64): void {
    const step = this.stepAt(state, nowNanos);
    advance(state, step);
    // The tokens were taken a moment ago: in this step or, across its edge, in the one before.
    let rest = tokens;
    for (let back: u64 = 0; back < 2 && rest > 0 && back <= step; back++) {
      const counter = counterOf(state, step - back);
      const taken = min(<u64>load<u32>(counter), rest);
      store<u32>(counter, load<u32>(counter) - <u32>taken);
      rest -= taken;
    }
  }

  remaining(state: usize, nowNanos: u64): u64 {
    const total = this.countAt(state, this.stepAt(state, nowNanos));
    return total < this.maxRequests ? this.maxRequests - total : 0;
  }

  nanosUntilFull(state: usize, nowNanos: u64): u64 {
    const step = this.stepAt(state, nowNanos);
    const newest = load<u64>(state, NEWEST_STEP);
    for (let back: u64 = 0; back < COUNTERS && back <= newest; back++) {
      const past = newest - back;
      if (past + COUNTERS <= step) break;
      if (load<u32>(counterOf(state, past)) != 0) return (past + COUNTERS) * this.stepNanos - nowNanos;
    }
    return 0;
  }

  spent(state: usize, nowNanos: u64): u64 {
    return this.countAt(state, this.stepAt(state, nowNanos));
  }

  raiseTo(target: usize, source: usize, nowNanos: u64): void {
    const step = max(this.stepAt(target, nowNanos), this.stepAt(source, nowNanos));
    advance(target, step);
    advance(source, step);
    for (let index: usize = 0; index < <usize>COUNTERS; index++) {
      const offset = COUNTS + index * 4;
      store<u32>(target + offset, max(load<u32>(target + offset), load<u32>(source + offset)));
    }
  }

  @inline
  private stepAt(state: usize, nowNanos: u64): u64 {
    return max(nowNanos / this.stepNanos, load<u64>(state, NEWEST_STEP));
  }

  /** What counts at `step`, without moving the ring. */
  private countAt(state: usize, step: u64): u64 {
    const newest = load<u64>(state, NEWEST_STEP);
    const behind = step - newest;
    if (behind >= COUNTERS) return 0;
    let total: u64 = 0;
    for (let back: u64 = 0; back < COUNTERS - behind && back <= newest; back++) {
      total += <u64>load<u32>(counterOf(state, newest - back));
    }
    return total;
  }
}

/** Numbers of a header while a state is converted. */
const former = new SlidingWindow(1, STEPS_PER_WINDOW);

@inline
function counterOf(state: usize, step: u64): usize {
  return state + COUNTS + <usize>(step % COUNTERS) * 4;
}

/** Moves the ring to `step`, emptying the counters that come to stand for new steps. At most 17 of them. */
function advance(state: usize, step: u64): void {
  const newest = load<u64>(state, NEWEST_STEP);
  if (step <= newest) return;
  const first = step - newest >= COUNTERS ? step - COUNTERS + 1 : newest + 1;
  for (let fresh = first; fresh <= step; fresh++) store<u32>(counterOf(state, fresh), 0);
  store<u64>(state, step, NEWEST_STEP);
}
