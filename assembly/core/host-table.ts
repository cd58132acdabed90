import { equalBytesIgnoringCase } from './bytes';
import { hashLowerCaseBytes } from './hash';

const NONE: i32 = -1;
/** Stored names are no longer than this (RFC 1035 §2.3.4: 253), so of a longer host only its end can match. */
export const LONGEST_NAME: i32 = 255;

/**
 * Which values (indices of the caller's) belong to a host name: an open-addressed hash table, so that finding one
 * of 10,000 hosts costs what finding one costs. A name has a chain of values, in the order they were added. Names are
 * exact, `*.suffix`, or `*`. A pattern is hashed behind its star under a seed of its own, so that a client which
 * writes a star as its host finds nothing by it. Names are the operator's: the hashes need no secret.
 */
export class HostTable {
  private capacity: i32 = 16;
  private hashes: StaticArray<u64> = new StaticArray<u64>(16);
  private names: StaticArray<StaticArray<u8> | null> = new StaticArray<StaticArray<u8> | null>(16);
  private firstLinks: StaticArray<i32> = new StaticArray<i32>(16);
  private lastLinks: StaticArray<i32> = new StaticArray<i32>(16);
  private nameCount: i32 = 0;
  private linkValues: Array<i32> = [];
  private linkNexts: Array<i32> = [];
  private firstForAll: i32 = NONE;
  private lastForAll: i32 = NONE;
  private hasSuffixes: bool = false;
  private hasNames: bool = false;

  /** Whether the host has to be known at all. */
  get needsHost(): bool { return this.hasNames; }

  /** Most values `find` can write for one host. */
  get linkCount(): i32 { return this.linkValues.length; }

  add(name: StaticArray<u8>, value: i32): void {
    const link = this.linkValues.length;
    this.linkValues.push(value);
    this.linkNexts.push(NONE);
    if (name.length == 1 && name[0] == 42 /* * */) {
      if (this.firstForAll == NONE) this.firstForAll = link;
      else this.linkNexts[this.lastForAll] = link;
      this.lastForAll = link;
      return;
    }
    this.hasNames = true;
    if (name.length > 1 && name[0] == 42) this.hasSuffixes = true;
    if ((this.nameCount + 1) * 2 > this.capacity) this.grow();
    const skipped = i32(name.length > 1 && name[0] == 42);
    const text = changetype<usize>(name) + skipped;
    const hash = hashLowerCaseBytes(skipped, text, name.length - skipped);
    const slot = this.slotOf(text, name.length - skipped, hash, skipped);
    if (this.names[slot] === null) {
      this.hashes[slot] = hash;
      this.names[slot] = name;
      this.firstLinks[slot] = link;
      this.nameCount++;
    } else {
      this.linkNexts[this.lastLinks[slot]] = link;
    }
    this.lastLinks[slot] = link;
  }

  /**
   * Writes the values of every name that covers the host (without port) into `found`, at most its length, and
   * returns how many: exact first, then suffixes from the longest, then `*`. A value added under several covering
   * names is written once a name.
   */
  find(host: usize, length: i32, found: StaticArray<i32>): i32 {
    let count = 0;
    if (this.hasNames && length > 0) {
      if (length <= LONGEST_NAME) count = this.collectName(host, length, 0, found, count);
      if (this.hasSuffixes) {
        // `*.b.c` is stored with its star; the host is compared from each of its dots, the star's place before it.
        for (let offset = max(1, length - LONGEST_NAME); offset < length; offset++) {
          if (load<u8>(host + offset) == 46) count = this.collectName(host + offset, length - offset, 1, found, count);
        }
      }
    }
    return this.collect(this.firstForAll, found, count);
  }

  /** `skipped`: 0 for an exact name, 1 for the part of a pattern behind its star. */
  private collectName(text: usize, length: i32, skipped: i32, found: StaticArray<i32>, count: i32): i32 {
    const slot = this.slotOf(text, length, hashLowerCaseBytes(skipped, text, length), skipped);
    return unchecked(this.names[slot]) === null ? count : this.collect(unchecked(this.firstLinks[slot]), found, count);
  }

  private collect(first: i32, found: StaticArray<i32>, count: i32): i32 {
    for (let link = first; link != NONE && count < found.length; link = unchecked(this.linkNexts[link])) {
      unchecked(found[count++] = this.linkValues[link]);
    }
    return count;
  }

  /** The slot of the stored name whose bytes after its first `skipped` are these, or the free slot where it would be. */
  private slotOf(text: usize, length: i32, hash: u64, skipped: i32): i32 {
    const mask = this.capacity - 1;
    let slot = <i32>hash & mask;
    while (true) {
      const known = unchecked(this.names[slot]);
      if (known === null) return slot;
      if (
        unchecked(this.hashes[slot]) == hash &&
        known.length == length + skipped &&
        equalBytesIgnoringCase(changetype<usize>(known) + skipped, text, length)
      ) return slot;
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    const names = this.names;
    const hashes = this.hashes;
    const firstLinks = this.firstLinks;
    const lastLinks = this.lastLinks;
    const former = this.capacity;
    const capacity = former * 2;
    this.capacity = capacity;
    this.names = new StaticArray<StaticArray<u8> | null>(capacity);
    this.hashes = new StaticArray<u64>(capacity);
    this.firstLinks = new StaticArray<i32>(capacity);
    this.lastLinks = new StaticArray<i32>(capacity);
    for (let index = 0; index < former; index++) {
      const name = names[index];
      if (name === null) continue;
      let slot = <i32>hashes[index] & (capacity - 1);
      while (this.names[slot] !== null) slot = (slot + 1) & (capacity - 1);
      this.names[slot] = name;
      this.hashes[slot] = hashes[index];
      this.firstLinks[slot] = firstLinks[index];
      this.lastLinks[slot] = lastLinks[index];
    }
  }
}
