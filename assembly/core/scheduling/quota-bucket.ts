import { Numbers } from '../limit';
import { greatestCommonDivisor } from '../token-bucket';

export const QUOTA_BUCKET_STATE_BYTES: i32 = 24;
/** Units in the bucket. */
const LEVEL: usize = 0;
/** Continuous fill: the tick up to which it is filled. Fill by intervals: nanoseconds of the next fill. */
const ANCHOR: usize = 8;
const IS_STARTED: usize = 16;

const MOST_UNITS: u64 = 1 << 60;
export const LONGEST_WAIT_NANOS: u64 = 1 << 62;
const FILLS_BY_INTERVAL: u64 = 1 << 63;
const DELAYS_INITIAL_FILL: u64 = 1 << 62;
const INTERVAL_MASK: u64 = (1 << 62) - 1;
/**
 * While requests wait, tokens are spoken for as they come, whenever somebody looks: what came in so long is handed
 * out even past the size of the bucket. Longer pauses of the whole process are not made up for.
 */
const LATE_NANOS: u64 = 100_000_000;

/**
 * The token bucket of a quota, in thousandths of tokens and whole numbers: as core/token-bucket.ts it counts ticks and
 * units of which nothing is rounded away. It fills continuously or by whole intervals; the initial fill may be delayed
 * until the first full bucket would have been refilled. State: 24 bytes, zero when never used. O(1).
 *
 * Reference: the rate limiter of Aperture's quota scheduler.
 */
export class QuotaBucket extends Numbers {
  private capacity: u64 = 1;
  private fill: u64 = 1;
  private intervalWord: u64 = 1;
  private units: u64 = 1;
  private unitsPerTick: u64 = 1;
  private tickNanos: u64 = 1;
  private capacityUnits: u64 = 1;
  private lateUnits: u64 = 0;

  /** `capacity` 1…2^53 and `fill` 0…2^53 in thousandths of tokens; interval in nanoseconds, 1 ms … 366 days. */
  constructor(capacity: u64, fill: u64, intervalNanos: u64, fillsByInterval: bool, delaysInitialFill: bool) {
    super();
    this.setNumbers(
      capacity,
      fill,
      intervalNanos | (fillsByInterval ? FILLS_BY_INTERVAL : 0) | (delaysInitialFill ? DELAYS_INITIAL_FILL : 0),
    );
  }

  private setNumbers(capacity: u64, fill: u64, intervalWord: u64): void {
    this.capacity = capacity;
    this.fill = fill;
    this.intervalWord = intervalWord;
    let tickNanos: u64 = 1;
    let units: u64 = 1;
    let unitsPerTick: u64 = 0;
    if (fill > 0 && !this.fillsByInterval) {
      while (true) {
        // Ceil: an interval that is no whole number of ticks is served a little slower, never faster.
        const intervalTicks = (this.intervalNanos + tickNanos - 1) / tickNanos;
        const divisor = greatestCommonDivisor(fill, intervalTicks);
        units = intervalTicks / divisor;
        unitsPerTick = fill / divisor;
        if (max(capacity, fill) <= MOST_UNITS / units) break;
        // Ends: with 2^53 thousandths, 128 ticks an interval fit.
        tickNanos *= 10;
      }
    }
    this.tickNanos = tickNanos;
    this.units = units;
    this.unitsPerTick = unitsPerTick;
    this.capacityUnits = capacity * units;
    this.lateUnits = min(unitsPerTick * (LATE_NANOS / tickNanos), MOST_UNITS);
  }

  private get intervalNanos(): u64 { return this.intervalWord & INTERVAL_MASK; }
  private get fillsByInterval(): bool { return (this.intervalWord & FILLS_BY_INTERVAL) != 0; }
  private get delaysInitialFill(): bool { return (this.intervalWord & DELAYS_INITIAL_FILL) != 0; }

  /** Thousandths of tokens that fit. */
  get size(): u64 { return this.capacity; }
  /** Thousandths of tokens that come in a nanosecond, on average. */
  get ratePerNano(): f64 { return <f64>this.fill / <f64>this.intervalNanos; }

  hasNumbers(header: usize): bool {
    return (
      load<u64>(header) == this.capacity && load<u64>(header, 8) == this.fill && load<u64>(header, 16) == this.intervalWord
    );
  }

  writeNumbers(header: usize): void {
    store<u64>(header, this.capacity);
    store<u64>(header, this.fill, 8);
    store<u64>(header, this.intervalWord, 16);
  }

  adoptNumbers(header: usize): void {
    this.setNumbers(load<u64>(header), load<u64>(header, 8), load<u64>(header, 16));
  }

  /** Converts a state written under the numbers in the header: what is spent stays spent, up to all there is. */
  convert(header: usize, state: usize, nowNanos: u64): void {
    if (load<u64>(header) == 0 || load<u64>(state, IS_STARTED) == 0) return this.start(state, nowNanos);
    former.adoptNumbers(header);
    former.refill(state, nowNanos, 0, false);
    const level = former.level(state);
    const spent = former.capacity > level ? former.capacity - level : 0;
    const formerAnchor = load<u64>(state, ANCHOR) * (former.fillsByInterval ? 1 : former.tickNanos);
    store<u64>(state, this.capacityUnits - min(spent, this.capacity) * this.units, LEVEL);
    this.setAnchor(state, this.anchorAfter(formerAnchor, nowNanos));
  }

  /** An initial delay goes on through an edit, and so does an interval that has begun, unless the new one is shorter. */
  private anchorAfter(formerAnchor: u64, nowNanos: u64): u64 {
    const isDelayed = formerAnchor > nowNanos + (former.fillsByInterval ? former.intervalNanos : 0);
    if (isDelayed) return formerAnchor;
    if (!this.fillsByInterval) return nowNanos;
    const next = nowNanos + this.intervalNanos;
    return former.fillsByInterval ? min(formerAnchor, next) : next;
  }

  private start(state: usize, nowNanos: u64): void {
    store<u64>(state, 1, IS_STARTED);
    store<u64>(state, this.capacityUnits, LEVEL);
    let firstFill = nowNanos;
    if (this.delaysInitialFill && this.fill > 0) {
      const nanosToFill = <f64>this.capacity / this.ratePerNano;
      firstFill += <u64>min(ceil(nanosToFill), <f64>(LONGEST_WAIT_NANOS / 4));
    } else if (this.fillsByInterval) {
      firstFill += this.intervalNanos;
    }
    this.setAnchor(state, firstFill);
  }

  private setAnchor(state: usize, nanos: u64): void {
    store<u64>(state, this.fillsByInterval ? nanos : nanos / this.tickNanos, ANCHOR);
  }

  /**
   * Brings the level up to now. `reserved` thousandths of tokens keep their room (they are leased). `isAwaited`: requests
   * wait, so what came since the last look may exceed the bucket (see LATE_NANOS); `clip` ends that.
   */
  refill(state: usize, nowNanos: u64, reserved: u64, isAwaited: bool): void {
    if (load<u64>(state, IS_STARTED) == 0) this.start(state, nowNanos);
    if (this.fill == 0) return;
    const anchor = load<u64>(state, ANCHOR);
    let level = load<u64>(state, LEVEL);
    if (this.fillsByInterval) {
      if (nowNanos < anchor) return;
      const fills = (nowNanos - anchor) / this.intervalNanos + 1;
      level += fills > MOST_UNITS / this.fill ? MOST_UNITS : fills * this.fill;
      store<u64>(state, anchor + fills * this.intervalNanos, ANCHOR);
    } else {
      const tick = nowNanos / this.tickNanos;
      if (tick <= anchor) return;
      const elapsed = tick - anchor;
      level += elapsed > MOST_UNITS / this.unitsPerTick ? MOST_UNITS : elapsed * this.unitsPerTick;
      store<u64>(state, tick, ANCHOR);
    }
    const room = this.room(reserved);
    store<u64>(state, min(level, isAwaited ? room + this.lateUnits : room), LEVEL);
  }

  /** Nobody waits (any more) for what is past the size of the bucket. */
  clip(state: usize, reserved: u64): void {
    store<u64>(state, min(load<u64>(state, LEVEL), this.room(reserved)), LEVEL);
  }

  private room(reserved: u64): u64 {
    return (this.capacity - min(reserved, this.capacity)) * this.units;
  }

  /** Whole thousandths of tokens in the bucket, as of the last `refill`. */
  level(state: usize): u64 {
    return load<u64>(state, LEVEL) / this.units;
  }

  isFull(state: usize): bool {
    return load<u64>(state, LEVEL) >= this.capacityUnits;
  }

  has(state: usize, tokens: u64): bool {
    return load<u64>(state, LEVEL) >= tokens * this.units;
  }

  /** Takes what `has` has just found there. */
  take(state: usize, tokens: u64): void {
    store<u64>(state, load<u64>(state, LEVEL) - tokens * this.units, LEVEL);
  }

  /** Gives back what was taken and not used; `clip` bounds it. */
  giveBack(state: usize, tokens: u64): void {
    store<u64>(state, load<u64>(state, LEVEL) + min(tokens, this.capacity) * this.units, LEVEL);
  }

  /** Nanoseconds until `tokens`, which may be more than fit at once, have come. 0: they are there. */
  nanosUntil(state: usize, nowNanos: u64, tokens: u64): u64 {
    const level = load<u64>(state, LEVEL);
    if (tokens <= level / this.units) return 0;
    if (this.fill == 0 || tokens > MOST_UNITS / this.units) return LONGEST_WAIT_NANOS;
    const missing = tokens * this.units - level;
    const step = this.fillsByInterval ? this.fill : this.unitsPerTick;
    const stepNanos = this.fillsByInterval ? this.intervalNanos : this.tickNanos;
    let steps = (missing + step - 1) / step;
    if (this.fillsByInterval) steps -= 1; // the anchor is the next fill
    if (steps >= LONGEST_WAIT_NANOS / stepNanos) return LONGEST_WAIT_NANOS;
    const anchorNanos = load<u64>(state, ANCHOR) * (this.fillsByInterval ? 1 : this.tickNanos);
    const due = anchorNanos + steps * stepNanos;
    return due > nowNanos ? due - nowNanos : 1;
  }
}

/** Numbers of a header while a state is converted. */
const former = new QuotaBucket(1, 1, 1, false, false);
