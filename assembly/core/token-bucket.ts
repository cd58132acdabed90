import { Limit } from './limit';

export const TOKEN_BUCKET_STATE_BYTES: i32 = 16;
const DEBT: usize = 0;
const LAST_TICK: usize = 8;

/** Debts stay below this, so that a debt and a cost add up without overflow. */
const MOST_UNITS: u64 = 1 << 62;

/** Longer waits (146 years) are told as this. */
const LONGEST_WAIT_NANOS: u64 = 1 << 62;

/**
 * A token bucket with continuous refill in whole numbers. Time is counted in ticks, tokens in units, both chosen so
 * that one tick brings a whole number of units: nothing is ever rounded away, over any length of time. State: the
 * debt in units at the last tick (0 = full) and that tick. O(1).
 *
 * Reference: Envoy's local rate limit (continuous refill, full at start).
 */
export class TokenBucket extends Limit {
  private maxTokens: u64 = 1;
  private tokensPerFill: u64 = 1;
  private fillIntervalNanos: u64 = 1;
  private units: u64 = 1;
  private unitsPerTick: u64 = 1;
  private tickNanos: u64 = 1;
  private capacityUnits: u64 = 1;
  /** From this many ticks on, even an empty bucket is full again. */
  private ticksToFill: u64 = 1;

  /** `maxTokens` and `tokensPerFill` 1…2^53; interval in nanoseconds, ≥ 1. */
  constructor(maxTokens: u64, tokensPerFill: u64, fillIntervalNanos: u64) {
    super();
    this.setNumbers(maxTokens, tokensPerFill, fillIntervalNanos);
  }

  private setNumbers(maxTokens: u64, tokensPerFill: u64, fillIntervalNanos: u64): void {
    let tickNanos: u64 = 1;
    let units: u64 = 0;
    let unitsPerTick: u64 = 0;
    while (true) {
      // Ceil: an interval that is no whole number of ticks is served a little slower, never faster.
      const intervalTicks = (fillIntervalNanos + tickNanos - 1) / tickNanos;
      const divisor = greatestCommonDivisor(tokensPerFill, intervalTicks);
      units = intervalTicks / divisor;
      unitsPerTick = tokensPerFill / divisor;
      if (maxTokens <= (MOST_UNITS - 1) / units) break;
      // Ends: with 2^53 tokens, 512 ticks an interval fit.
      tickNanos *= 10;
    }
    this.maxTokens = maxTokens;
    this.tokensPerFill = tokensPerFill;
    this.fillIntervalNanos = fillIntervalNanos;
    this.units = units;
    this.unitsPerTick = unitsPerTick;
    this.tickNanos = tickNanos;
    this.capacityUnits = maxTokens * units;
    this.ticksToFill = this.capacityUnits / unitsPerTick + 1;
  }

  get stateBytes(): i32 { return TOKEN_BUCKET_STATE_BYTES; }
  get algorithm(): string { return 'token-bucket'; }
  get allowsLeases(): bool { return true; }
  get maxCost(): u64 { return this.maxTokens; }

  hasNumbers(header: usize): bool {
    return (
      load<u64>(header) == this.maxTokens &&
      load<u64>(header, 8) == this.tokensPerFill &&
      load<u64>(header, 16) == this.fillIntervalNanos
    );
  }

  writeNumbers(header: usize): void {
    store<u64>(header, this.maxTokens);
    store<u64>(header, this.tokensPerFill, 8);
    store<u64>(header, this.fillIntervalNanos, 16);
  }

  adoptNumbers(header: usize): void {
    this.setNumbers(load<u64>(header), load<u64>(header, 8), load<u64>(header, 16));
  }

  convert(header: usize, state: usize, nowNanos: u64): void {
    let tokens: u64 = 0;
    if (load<u64>(header) != 0) {
      former.adoptNumbers(header);
      const debt = former.debtAt(state, nowNanos);
      tokens = debt / former.units + u64(debt % former.units != 0);
    }
    store<u64>(state, min(tokens, this.maxTokens) * this.units, DEBT);
    store<u64>(state, nowNanos / this.tickNanos, LAST_TICK);
  }

  waitNanos(state: usize, nowNanos: u64, tokens: u64, reservedTokens: u64): u64 {
    const debt = max(this.debtAt(state, nowNanos), reservedTokens * this.units);
    const after = debt + tokens * this.units;
    if (after <= this.capacityUnits) return 0;
    const excess = after - this.capacityUnits;
    const tick = max(nowNanos / this.tickNanos, load<u64>(state, LAST_TICK));
    const ticks = (excess + this.unitsPerTick - 1) / this.unitsPerTick;
    if (ticks >= LONGEST_WAIT_NANOS / this.tickNanos) return LONGEST_WAIT_NANOS;
    return (tick + ticks) * this.tickNanos - nowNanos;
  }

  take(state: usize, nowNanos: u64, tokens: u64, reservedTokens: u64): void {
    const debt = max(this.debtAt(state, nowNanos), reservedTokens * this.units);
    this.write(state, nowNanos, min(debt + tokens * this.units, this.capacityUnits));
  }

  refund(state: usize, nowNanos: u64, tokens: u64): void {
    const debt = this.debtAt(state, nowNanos);
    const refunded = tokens * this.units;
    this.write(state, nowNanos, debt > refunded ? debt - refunded : 0);
  }

  remaining(state: usize, nowNanos: u64): u64 {
    return (this.capacityUnits - this.debtAt(state, nowNanos)) / this.units;
  }

  nanosUntilFull(state: usize, nowNanos: u64): u64 {
    const debt = this.debtAt(state, nowNanos);
    const ticks = (debt + this.unitsPerTick - 1) / this.unitsPerTick;
    return ticks >= LONGEST_WAIT_NANOS / this.tickNanos ? LONGEST_WAIT_NANOS : ticks * this.tickNanos;
  }

  spent(state: usize, nowNanos: u64): u64 {
    return this.debtAt(state, nowNanos);
  }

  raiseTo(target: usize, source: usize, nowNanos: u64): void {
    this.write(target, nowNanos, max(this.debtAt(target, nowNanos), this.debtAt(source, nowNanos)));
  }

  debtAt(state: usize, nowNanos: u64): u64 {
    const debt = min(load<u64>(state, DEBT), this.capacityUnits);
    if (debt == 0) return 0;
    const tick = nowNanos / this.tickNanos;
    const last = load<u64>(state, LAST_TICK);
    if (tick <= last) return debt;
    const elapsed = tick - last;
    if (elapsed >= this.ticksToFill) return 0;
    const refilled = elapsed * this.unitsPerTick;
    return debt > refilled ? debt - refilled : 0;
  }

  private write(state: usize, nowNanos: u64, debt: u64): void {
    store<u64>(state, debt, DEBT);
    store<u64>(state, max(nowNanos / this.tickNanos, load<u64>(state, LAST_TICK)), LAST_TICK);
  }
}

/** Numbers of a header while a state is converted. */
const former = new TokenBucket(1, 1, 1);

export function greatestCommonDivisor(left: u64, right: u64): u64 {
  while (right != 0) {
    const rest = left % right;
    left = right;
    right = rest;
  }
  return left;
}
