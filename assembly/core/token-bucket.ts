import { Limit } from './limit';
import { hashNumber } from './hash';

export const TOKEN_BUCKET_STATE_BYTES: i32 = 16;
const DEBT: usize = 0;
const LAST_TICK: usize = 8;

/** Debts stay below this, so that a debt and a cost add up without overflow. */
const MOST_UNITS: u64 = 1 << 62;

/**
 * A token bucket with continuous refill in whole numbers. Time is counted in ticks, tokens in units, both chosen so
 * that one tick brings a whole number of units: nothing is ever rounded away, over any length of time. State: the
 * debt in units at the last tick (0 = full) and that tick. O(1).
 *
 * Reference: Envoy's local rate limit (continuous refill, full at start).
 */
export class TokenBucket extends Limit {
  private readonly units: u64;
  private readonly unitsPerTick: u64;
  private readonly tickNanos: u64;
  private readonly capacityUnits: u64;
  private readonly identity: u64;
  /** From this many ticks on, even an empty bucket is full again. */
  private readonly ticksToFill: u64;

  /** All three ≥ 1; interval in nanoseconds. */
  constructor(private readonly maxTokens: u64, tokensPerFill: u64, fillIntervalNanos: u64) {
    super();
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
    this.units = units;
    this.unitsPerTick = unitsPerTick;
    this.tickNanos = tickNanos;
    this.capacityUnits = maxTokens * units;
    this.ticksToFill = this.capacityUnits / unitsPerTick + 1;
    this.identity = hashNumber(hashNumber(hashNumber(1, maxTokens), tokensPerFill), fillIntervalNanos);
  }

  get stateBytes(): i32 { return TOKEN_BUCKET_STATE_BYTES; }
  get algorithm(): u64 { return 1; }
  get allowsLeases(): bool { return true; }
  get stamp(): u64 { return this.identity; }
  get unitsPerToken(): u64 { return this.units; }
  get maxCost(): u64 { return this.maxTokens; }

  waitNanos(state: usize, nowNanos: u64, tokens: u64, reservedTokens: u64): u64 {
    const debt = max(this.debtAt(state, nowNanos), reservedTokens * this.units);
    const after = debt + tokens * this.units;
    if (after <= this.capacityUnits) return 0;
    const excess = after - this.capacityUnits;
    const tick = max(nowNanos / this.tickNanos, load<u64>(state, LAST_TICK));
    const enoughAt = tick + (excess + this.unitsPerTick - 1) / this.unitsPerTick;
    return enoughAt * this.tickNanos - nowNanos;
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
    return ((debt + this.unitsPerTick - 1) / this.unitsPerTick) * this.tickNanos;
  }

  spent(state: usize, nowNanos: u64): u64 {
    return this.debtAt(state, nowNanos);
  }

  raiseTo(target: usize, source: usize, nowNanos: u64): void {
    this.write(target, nowNanos, max(this.debtAt(target, nowNanos), this.debtAt(source, nowNanos)));
  }

  convert(state: usize, nowNanos: u64, formerUnitsPerToken: u64): void {
    const debt = load<u64>(state, DEBT);
    const tokens = debt / formerUnitsPerToken + u64(debt % formerUnitsPerToken != 0);
    store<u64>(state, min(tokens, this.maxTokens) * this.units, DEBT);
    store<u64>(state, nowNanos / this.tickNanos, LAST_TICK);
  }

  private debtAt(state: usize, nowNanos: u64): u64 {
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

function greatestCommonDivisor(left: u64, right: u64): u64 {
  while (right != 0) {
    const rest = left % right;
    left = right;
    right = rest;
  }
  return left;
}
