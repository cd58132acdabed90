import { equalBytes } from './bytes';
import { isProtectedHeader } from './header-names';

/** Where the changes of a list go: one call each. */
export abstract class HeaderWriter {
  /** One header of this name with this value, instead of all there are. */
  abstract replace(name: usize, nameLength: i32, value: usize, valueLength: i32): void;
  abstract add(name: usize, nameLength: i32, value: usize, valueLength: i32): void;
  /** All headers of this name. */
  abstract remove(name: usize, nameLength: i32): void;
}

/** An entry: name, its length, value, its length (u32 each), state. */
const ENTRY_BYTES: usize = 20;
const IS_ORIGINAL: u32 = 1;
const IS_LIVE: u32 = 2;
/** An original with another value than it came with. */
const IS_CHANGED: u32 = 4;
/** Its name has been written. */
const IS_WRITTEN: u32 = 8;
const ROOM_STEP: i32 = 64;

/**
 * The headers of one message while they are edited: where each name and value lies, nothing copied. Edits are
 * remembered, and told to a writer at the end in the fewest calls: none for a header that is as it came, one for a
 * name with one value. Names are lower case. Its memory grows to the largest message seen, which Envoy bounds.
 */
export class HeaderList {
  private entries: usize = 0;
  private room: i32 = 0;
  private count: i32 = 0;
  private isTouched: bool = false;

  /** Takes the place of what was there with `size` bytes of the host's format: u32 count, sizes, name NUL value NUL. */
  load(pairs: usize, size: i32): void {
    const count = size >= 4 ? load<i32>(pairs) : 0;
    this.isTouched = false;
    this.count = 0;
    this.reserve(count);
    let data = pairs + 4 + (<usize>count << 3);
    for (let index = 0; index < count; index++) {
      const nameLength = load<i32>(pairs + 4 + (<usize>index << 3));
      const valueLength = load<i32>(pairs + 8 + (<usize>index << 3));
      this.push(data, nameLength, data + nameLength + 1, valueLength, IS_ORIGINAL | IS_LIVE);
      data += nameLength + valueLength + 2;
    }
  }

  /** Position of the first header of this name at or after `from`, or −1. */
  find(name: usize, length: i32, from: i32 = 0): i32 {
    for (let index = from; index < this.count; index++) {
      const entry = this.entryAt(index);
      if (load<i32>(entry, 4) == length && isLive(entry) && equalBytes(load<usize>(entry), name, length)) return index;
    }
    return -1;
  }

  valueAt(index: i32): usize { return load<usize>(this.entryAt(index), 8); }

  valueLengthAt(index: i32): i32 { return load<i32>(this.entryAt(index), 12); }

  /** One header of this name with this value, in the place of the first there was. */
  set(name: usize, nameLength: i32, value: usize, valueLength: i32): void {
    const first = this.find(name, nameLength);
    if (first < 0) return this.add(name, nameLength, value, valueLength);
    const entry = this.entryAt(first);
    if (valueLength != load<i32>(entry, 12) || !equalBytes(load<usize>(entry, 8), value, valueLength)) {
      store<usize>(entry, value, 8);
      store<i32>(entry, valueLength, 12);
      store<u32>(entry, load<u32>(entry, 16) | IS_CHANGED, 16);
      this.isTouched = true;
    }
    this.removeFrom(name, nameLength, first + 1);
  }

  /** One more header of this name, behind all others. */
  add(name: usize, nameLength: i32, value: usize, valueLength: i32): void {
    this.isTouched = true;
    this.push(name, nameLength, value, valueLength, IS_LIVE);
  }

  remove(name: usize, length: i32): void { this.removeFrom(name, length, 0); }

  /** Headers that no policy may touch stay. */
  removePrefix(prefix: usize, length: i32): void {
    for (let index = 0; index < this.count; index++) {
      const entry = this.entryAt(index);
      const name = load<usize>(entry);
      const nameLength = load<i32>(entry, 4);
      if (nameLength < length || !isLive(entry) || !equalBytes(name, prefix, length)) continue;
      if (!isProtectedHeader(name, nameLength)) this.kill(entry);
    }
  }

  private removeFrom(name: usize, length: i32, from: i32): void {
    for (let index = this.find(name, length, from); index >= 0; index = this.find(name, length, index + 1)) {
      this.kill(this.entryAt(index));
    }
  }

  /** Tells the changes, name by name. */
  write(writer: HeaderWriter): void {
    if (!this.isTouched) return;
    for (let index = 0; index < this.count; index++) {
      const entry = this.entryAt(index);
      const state = load<u32>(entry, 16);
      if ((state & IS_WRITTEN) != 0 || (state & (IS_ORIGINAL | IS_LIVE | IS_CHANGED)) == (IS_ORIGINAL | IS_LIVE)) continue;
      this.writeName(writer, load<usize>(entry), load<i32>(entry, 4));
    }
  }

  /** Of a name that only got values they are added; else the first that is left replaces all, and the others follow. */
  private writeName(writer: HeaderWriter, name: usize, length: i32): void {
    let isReplaced = false;
    let live = 0;
    for (let index = 0; index < this.count; index++) {
      const entry = this.entryAt(index);
      if (load<i32>(entry, 4) != length || !equalBytes(load<usize>(entry), name, length)) continue;
      const state = load<u32>(entry, 16);
      store<u32>(entry, state | IS_WRITTEN, 16);
      if ((state & IS_LIVE) != 0) live++;
      const isAsItCame = (state & (IS_LIVE | IS_CHANGED)) == IS_LIVE;
      if ((state & IS_ORIGINAL) != 0 && !isAsItCame) isReplaced = true;
    }
    if (live == 0) {
      if (isReplaced) writer.remove(name, length);
      return;
    }
    for (let index = 0; index < this.count; index++) {
      const entry = this.entryAt(index);
      if (load<i32>(entry, 4) != length || !isLive(entry) || !equalBytes(load<usize>(entry), name, length)) continue;
      const value = load<usize>(entry, 8);
      const valueLength = load<i32>(entry, 12);
      if (isReplaced) {
        writer.replace(name, length, value, valueLength);
        isReplaced = false;
        live = -1; // every other one is added again
      } else if (live < 0 || (load<u32>(entry, 16) & IS_ORIGINAL) == 0) {
        writer.add(name, length, value, valueLength);
      }
    }
  }

  private kill(entry: usize): void {
    store<u32>(entry, load<u32>(entry, 16) & ~IS_LIVE, 16);
    this.isTouched = true;
  }

  private push(name: usize, nameLength: i32, value: usize, valueLength: i32, state: u32): void {
    this.reserve(this.count + 1);
    const entry = this.entryAt(this.count++);
    store<usize>(entry, name);
    store<i32>(entry, nameLength, 4);
    store<usize>(entry, value, 8);
    store<i32>(entry, valueLength, 12);
    store<u32>(entry, state, 16);
  }

  private reserve(count: i32): void {
    if (count <= this.room) return;
    const room = (count + ROOM_STEP) & ~(ROOM_STEP - 1);
    const entries = heap.alloc(<usize>room * ENTRY_BYTES);
    if (this.entries != 0) {
      memory.copy(entries, this.entries, <usize>this.count * ENTRY_BYTES);
      heap.free(this.entries);
    }
    this.entries = entries;
    this.room = room;
  }

  @inline
  private entryAt(index: i32): usize { return this.entries + <usize>index * ENTRY_BYTES; }
}

@inline
function isLive(entry: usize): bool {
  return (load<u32>(entry, 16) & IS_LIVE) != 0;
}
