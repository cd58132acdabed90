/**
 * Byte strings. Values of a request are a pointer and a length into host-returned memory; values of a configuration
 * are `StaticArray<u8>`, whose reference is the pointer to its first byte. Nothing here allocates but `copyBytes`.
 */

export function equalBytes(left: usize, right: usize, length: i32): bool {
  let offset = 0;
  for (; offset + 8 <= length; offset += 8) {
    if (load<u64>(left + offset) != load<u64>(right + offset)) return false;
  }
  for (; offset < length; offset++) {
    if (load<u8>(left + offset) != load<u8>(right + offset)) return false;
  }
  return true;
}

export function lowerCaseByte(byte: u8): u8 {
  return byte - 65 < 26 ? byte + 32 : byte;
}

/** As `equalBytes`, with ASCII letters compared without case. */
export function equalBytesIgnoringCase(left: usize, right: usize, length: i32): bool {
  for (let offset = 0; offset < length; offset++) {
    if (lowerCaseByte(load<u8>(left + offset)) != lowerCaseByte(load<u8>(right + offset))) return false;
  }
  return true;
}

/** Position of the first `byte` in the value, or −1. */
export function indexOfByte(pointer: usize, length: i32, byte: u8): i32 {
  for (let offset = 0; offset < length; offset++) {
    if (load<u8>(pointer + offset) == byte) return offset;
  }
  return -1;
}

/** Position of the last `byte` in the value, or −1. */
export function lastIndexOfByte(pointer: usize, length: i32, byte: u8): i32 {
  for (let offset = length - 1; offset >= 0; offset--) {
    if (load<u8>(pointer + offset) == byte) return offset;
  }
  return -1;
}

export function copyBytes(pointer: usize, length: i32): StaticArray<u8> {
  const copy = new StaticArray<u8>(length);
  memory.copy(changetype<usize>(copy), pointer, length);
  return copy;
}

export function concatenateBytes(left: StaticArray<u8>, right: StaticArray<u8>): StaticArray<u8> {
  const joined = new StaticArray<u8>(left.length + right.length);
  memory.copy(changetype<usize>(joined), changetype<usize>(left), left.length);
  memory.copy(changetype<usize>(joined) + left.length, changetype<usize>(right), right.length);
  return joined;
}

/** The UTF-8 bytes of a string. */
export function bytesOf(text: string): StaticArray<u8> {
  const length = String.UTF8.byteLength(text);
  const bytes = new StaticArray<u8>(length);
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, changetype<usize>(bytes));
  return bytes;
}

/** Writes a whole number in decimal and returns how many bytes it took (1…20). */
export function writeDecimal(pointer: usize, value: u64): i32 {
  let digits = 1;
  for (let rest = value / 10; rest > 0; rest /= 10) digits++;
  let rest = value;
  for (let offset = digits - 1; offset >= 0; offset--) {
    store<u8>(pointer + offset, <u8>(48 + (rest % 10)));
    rest /= 10;
  }
  return digits;
}
