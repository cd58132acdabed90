import { Numbers, NUMBERS_BYTES } from './limit';

/** What stands before every stored state: the numbers of the limit that wrote it, and their epoch (u64). */
export const HEADER_BYTES: i32 = NUMBERS_BYTES + 8;
const EPOCH: usize = NUMBERS_BYTES;

/**
 * A limit and its place in the history of one policy's edits. Every change of its numbers begins a new epoch, agreed on
 * when the configuration is read; a state carries the epoch it was written in. An older state is converted. A newer
 * one was written by a worker that already has the edited policy: then its numbers are adopted, so that from the
 * first moment of an edit on all workers hold one limit, and none sets another's work back.
 */
export class StoredLimit<L extends Numbers> {
  private epoch: u64 = 0;

  constructor(readonly limit: L) {}

  /** While configuring: takes the epoch of the header, or the next one if its numbers are others. True if it is new. */
  establish(header: usize): bool {
    const epoch = load<u64>(header, EPOCH);
    const isNew = epoch == 0 || !this.limit.hasNumbers(header);
    this.epoch = isNew ? epoch + 1 : epoch;
    return isNew;
  }

  /** True when the state behind the header is of an older epoch: convert it, then `stamp`. */
  needsConversion(header: usize): bool {
    const epoch = load<u64>(header, EPOCH);
    if (epoch > this.epoch) {
      this.limit.adoptNumbers(header);
      this.epoch = epoch;
    }
    return epoch < this.epoch;
  }

  stamp(header: usize): void {
    this.limit.writeNumbers(header);
    store<u64>(header, this.epoch, EPOCH);
  }
}
