import { equalBytes } from './bytes';
import { hashBytes } from './hash';

/** Values by key: an open-addressed hash table at most half full. Keys are the operator's: the hash needs no secret. */
export class ValueTable {
  private readonly mask: i32;
  /** Position in `keys` plus one; 0 is free. */
  private readonly slots: StaticArray<i32>;
  private readonly keys: StaticArray<u8>[] = [];
  private readonly values: StaticArray<u8>[] = [];

  /** `most`: entries there will be. */
  constructor(most: i32) {
    let capacity = 4;
    while (capacity < most * 2) capacity *= 2;
    this.mask = capacity - 1;
    this.slots = new StaticArray<i32>(capacity);
  }

  /** False, and nothing done, for a key that is there. */
  add(key: StaticArray<u8>, value: StaticArray<u8>): bool {
    const slot = this.slotOf(changetype<usize>(key), key.length);
    if (this.slots[slot] != 0) return false;
    this.values.push(value);
    this.slots[slot] = this.keys.push(key);
    return true;
  }

  find(key: usize, length: i32): StaticArray<u8> | null {
    const position = unchecked(this.slots[this.slotOf(key, length)]);
    return position == 0 ? null : unchecked(this.values[position - 1]);
  }

  private slotOf(key: usize, length: i32): i32 {
    let slot = <i32>hashBytes(0, key, length) & this.mask;
    while (true) {
      const position = unchecked(this.slots[slot]);
      if (position == 0) return slot;
      const known = unchecked(this.keys[position - 1]);
      if (known.length == length && equalBytes(changetype<usize>(known), key, length)) return slot;
      slot = (slot + 1) & this.mask;
    }
  }
}
