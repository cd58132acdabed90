import { CircuitBreaker } from './circuit-breaker';
import { CLOSED, GENERATION, HALF_OPEN, STATUS } from './layout';
import { BreakerSettings, SETTINGS_BYTES } from './settings';

/** What stands before every stored state: u64 epoch, then the settings of the breaker that wrote it. */
export const STORED_BYTES: i32 = 8 + SETTINGS_BYTES;
const SETTINGS: usize = 8;

/** Settings of a header while a state is converted. */
const former = new BreakerSettings();

/**
 * A breaker and its place in the history of one policy's edits, as core/stored-limit.ts has it for limits: every
 * change of its settings begins a new epoch; an older state is converted, newer settings are adopted.
 */
export class StoredBreaker {
  private epoch: u64 = 0;

  constructor(readonly breaker: CircuitBreaker) {}

  /** While configuring: takes the epoch of the header, or the next one if its settings are others. True if it is new. */
  establish(header: usize): bool {
    const epoch = load<u64>(header);
    const isNew = epoch == 0 || !this.breaker.settings.equals(header + SETTINGS);
    this.epoch = isNew ? epoch + 1 : epoch;
    return isNew;
  }

  /** True when the state behind the header is of an older epoch: convert every state, then `stamp`. */
  needsConversion(header: usize): bool {
    const epoch = load<u64>(header);
    if (epoch > this.epoch) {
      this.breaker.settings.adopt(header + SETTINGS);
      this.epoch = epoch;
    }
    return epoch < this.epoch;
  }

  /** While configuring: whether the header is of another mode, so that its states are to start closed. */
  hasOtherMode(header: usize): bool {
    if (load<u64>(header) == 0) return false;
    former.adopt(header + SETTINGS);
    return former.mode != this.breaker.settings.mode;
  }

  /**
   * Converts a state written under the settings in the header: an open breaker stays open for as long as it was to be;
   * another window starts empty; another mode starts closed.
   */
  convert(header: usize, state: usize, nowNanos: u64): void {
    const settings = this.breaker.settings;
    if (load<u64>(header) == 0) return this.breaker.restartWindow(state, nowNanos);
    former.adopt(header + SETTINGS);
    if (former.mode != settings.mode) {
      this.breaker.close(state, nowNanos);
      return;
    }
    if (former.probes != settings.probes && load<u32>(state, STATUS) == HALF_OPEN) this.breaker.probeAgain(state);
    if (former.windowKind != settings.windowKind || former.windowSize != settings.windowSize) {
      // Calls in flight were admitted under the former window: a closed breaker forgets them.
      if (load<u32>(state, STATUS) == CLOSED) store<u32>(state, load<u32>(state, GENERATION) + 1, GENERATION);
      this.breaker.restartWindow(state, nowNanos);
    }
  }

  stamp(header: usize): void {
    this.breaker.settings.writeTo(header + SETTINGS);
    store<u64>(header, this.epoch);
  }
}
