import { Result } from './abi.ts';
import type { HeaderMap } from './header-map.ts';

/**
 * The memory of one module, seen from the host: bounds-checked, little-endian, valid across growth.
 * Reads return undefined when the range is outside; writes return false.
 */
export interface GuestMemory {
  /** Size now, bytes; it never shrinks. */
  byteLength(): number;
  readText(pointer: number, size: number): string | undefined;
  /** Bytes as latin1 text: exact, for keys. */
  readKey(pointer: number, size: number): string | undefined;
  /** A view that is valid until the guest runs again. */
  view(pointer: number, size: number): Uint8Array | undefined;
  readPairs(pointer: number, size: number): HeaderMap | undefined;
  readU32(pointer: number): number | undefined;
  writeU32(pointer: number, value: number): boolean;
  writeU64(pointer: number, value: bigint): boolean;
  writeBytes(pointer: number, bytes: Uint8Array): boolean;
  /** Copies into memory the module allocates, and stores where and how long; empty gives 0 and 0. */
  giveText(text: string, pointerOut: number, sizeOut: number): number;
  giveBytes(bytes: Uint8Array, pointerOut: number, sizeOut: number): number;
  /** Gives all pairs: u32 count, (u32 nameSize, u32 valueSize)…, then name, 0, value, 0…. */
  givePairs(map: HeaderMap, pointerOut: number, sizeOut: number): number;
}

const pairsMaxBytes = 1024 * 1024;
const pairsMaxCount = 1024;

/** `allocate` asks the module for memory and returns its address, or 0. */
export function createGuestMemory(
  memory: WebAssembly.Memory,
  allocate: (size: number) => number,
): GuestMemory {
  let bytes = Buffer.from(memory.buffer);
  let view = new DataView(memory.buffer);
  const refresh = () => {
    // A grown memory detaches the old buffer, whose length then reads 0.
    if (bytes.length !== 0 && bytes.buffer === memory.buffer) return;
    bytes = Buffer.from(memory.buffer);
    view = new DataView(memory.buffer);
  };
  const inside = (pointer: number, size: number) => {
    if (bytes.length === 0) refresh();
    return pointer + size <= bytes.length;
  };
  const writeU32 = (pointer: number, value: number) => {
    if (!inside(pointer, 4)) return false;
    view.setUint32(pointer, value, true);
    return true;
  };
  /** Stores an address and a size, or reports that the places for them lie outside. */
  const answer = (pointer: number, size: number, pointerOut: number, sizeOut: number) =>
    writeU32(pointerOut, pointer) && writeU32(sizeOut, size) ? Result.ok : Result.invalidMemoryAccess;

  return {
    byteLength: () => memory.buffer.byteLength,
    readText: (pointer, size) =>
      inside(pointer, size) ? bytes.toString('utf8', pointer, pointer + size) : undefined,
    readKey: (pointer, size) =>
      inside(pointer, size) ? bytes.toString('latin1', pointer, pointer + size) : undefined,
    // Not a Buffer, whose `slice` would not copy.
    view: (pointer, size) =>
      inside(pointer, size) ? new Uint8Array(memory.buffer, pointer, size) : undefined,
    readPairs: (pointer, size) =>
      inside(pointer, size) ? parsePairs(bytes.subarray(pointer, pointer + size)) : undefined,
    readU32: (pointer) => (inside(pointer, 4) ? view.getUint32(pointer, true) : undefined),
    writeU32,
    writeU64: (pointer, value) => {
      if (!inside(pointer, 8)) return false;
      view.setBigUint64(pointer, value, true);
      return true;
    },
    writeBytes: (pointer, source) => {
      if (!inside(pointer, source.length)) return false;
      bytes.set(source, pointer);
      return true;
    },
    giveText: (text, pointerOut, sizeOut) => {
      const size = Buffer.byteLength(text);
      if (size === 0) return answer(0, 0, pointerOut, sizeOut);
      const pointer = allocate(size);
      if (pointer === 0 || !inside(pointer, size)) return Result.invalidMemoryAccess;
      bytes.write(text, pointer);
      return answer(pointer, size, pointerOut, sizeOut);
    },
    giveBytes: (source, pointerOut, sizeOut) => {
      if (source.length === 0) return answer(0, 0, pointerOut, sizeOut);
      const pointer = allocate(source.length);
      if (pointer === 0 || !inside(pointer, source.length)) return Result.invalidMemoryAccess;
      bytes.set(source, pointer);
      return answer(pointer, source.length, pointerOut, sizeOut);
    },
    givePairs: (map, pointerOut, sizeOut) => {
      if (map.length === 0) return answer(0, 0, pointerOut, sizeOut);
      let size = 4;
      for (const text of map) size += Buffer.byteLength(text) + 5;
      const pointer = allocate(size);
      if (pointer === 0 || !inside(pointer, size)) return Result.invalidMemoryAccess;
      view.setUint32(pointer, map.length / 2, true);
      let lengthPosition = pointer + 4;
      let textPosition = lengthPosition + map.length * 4;
      for (const text of map) {
        const written = bytes.write(text, textPosition);
        view.setUint32(lengthPosition, written, true);
        lengthPosition += 4;
        textPosition += written;
        bytes[textPosition++] = 0;
      }
      return answer(pointer, size, pointerOut, sizeOut);
    },
  };
}

/** Header pairs from their serialized form; a malformed buffer gives none, as in cpp-host `PairsUtil::toPairs`. */
export function parsePairs(buffer: Uint8Array): HeaderMap {
  const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length);
  if (bytes.length < 4 || bytes.length > pairsMaxBytes) return [];
  const count = bytes.readUInt32LE(0);
  if (count > pairsMaxCount || 4 + count * 8 > bytes.length) return [];
  const map: HeaderMap = [];
  let position = 4 + count * 8;
  for (let index = 0; index < count * 2; index++) {
    const size = bytes.readUInt32LE(4 + index * 4);
    if (position + size + 1 > bytes.length || bytes[position + size] !== 0) return [];
    map.push(bytes.toString('utf8', position, position + size));
    position += size + 1;
  }
  return position === bytes.length ? map : [];
}

/** Header pairs in serialized form, for foreign functions and tests. */
export function serializePairs(map: HeaderMap): Uint8Array {
  const texts = map.map((text) => Buffer.from(text));
  const header = Buffer.alloc(4 + texts.length * 4);
  header.writeUInt32LE(texts.length / 2, 0);
  texts.forEach((text, index) => {
    header.writeUInt32LE(text.length, 4 + index * 4);
  });
  return Buffer.concat([header, ...texts.flatMap((text) => [text, Buffer.alloc(1)])]);
}
