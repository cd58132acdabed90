/** IP addresses as 16 bytes, IPv4 as the IPv6-mapped form (RFC 4291 §2.5.5.2), and their ranges. */

export const ADDRESS_BYTES: i32 = 16;

/**
 * Reads an address, with or without a port (`1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]:80`, and a `%zone`, which is
 * ignored), into 16 bytes at `target`. Returns 4 or 6, or 0 when it is none.
 */
export function parseAddress(pointer: usize, length: i32, target: usize): i32 {
  if (length > 0 && load<u8>(pointer) == 91 /* [ */) {
    let end = 1;
    while (end < length && load<u8>(pointer + end) != 93 /* ] */) end++;
    return end < length && parseIpv6(pointer + 1, end - 1, target) ? 6 : 0;
  }
  let colons = 0;
  let lastColon = length;
  for (let offset = 0; offset < length; offset++) {
    if (load<u8>(pointer + offset) == 58 /* : */) {
      colons++;
      lastColon = offset;
    }
  }
  if (colons >= 2) return parseIpv6(pointer, length, target) ? 6 : 0;
  store<u64>(target, 0);
  store<u32>(target, 0xffff0000, 8);
  return parseIpv4(pointer, lastColon, target + 12) ? 4 : 0;
}

/** Cuts an address to its first bits; `prefixLength` 0…32 for family 4, 0…128 for 6. */
export function cutAddress(address: usize, family: i32, prefixLength: i32): void {
  const bits = family == 4 ? prefixLength + 96 : prefixLength;
  for (let index = bits >> 3; index < ADDRESS_BYTES; index++) {
    const kept = bits - index * 8;
    const mask: u32 = kept <= 0 ? 0 : (0xff00 >> kept) & 0xff;
    store<u8>(address + index, <u8>(<u32>load<u8>(address + index) & mask));
  }
}

/** Whether the first `prefixLength` bits (0…128, of the 16-byte form) of two addresses agree. */
export function isInRange(address: usize, network: usize, prefixLength: i32): bool {
  const whole = prefixLength >> 3;
  for (let index = 0; index < whole; index++) {
    if (load<u8>(address + index) != load<u8>(network + index)) return false;
  }
  const rest = prefixLength & 7;
  if (rest == 0) return true;
  const mask: u32 = (0xff00 >> rest) & 0xff;
  return ((<u32>load<u8>(address + whole) ^ <u32>load<u8>(network + whole)) & mask) == 0;
}

function parseIpv4(pointer: usize, length: i32, target: usize): bool {
  let part = 0;
  let value: i32 = -1;
  for (let offset = 0; offset <= length; offset++) {
    const byte: i32 = offset < length ? load<u8>(pointer + offset) : 46;
    if (byte == 46 /* . */) {
      if (value < 0 || part > 3) return false;
      store<u8>(target + part, <u8>value);
      part++;
      value = -1;
    } else {
      if (byte < 48 || byte > 57) return false;
      value = (value < 0 ? 0 : value * 10) + byte - 48;
      if (value > 255) return false;
    }
  }
  return part == 4;
}

function parseIpv6(pointer: usize, length: i32, target: usize): bool {
  let end = 0;
  while (end < length && load<u8>(pointer + end) != 37 /* % */) end++;
  store<u64>(target, 0);
  store<u64>(target, 0, 8);
  let groups = 0;
  let gapAt = -1;
  let offset = 0;
  if (end >= 2 && load<u8>(pointer) == 58 && load<u8>(pointer + 1) == 58) {
    gapAt = 0;
    offset = 2;
  }
  while (offset < end) {
    if (groups == 8) return false;
    const start = offset;
    let value: u32 = 0;
    let dotted = false;
    while (offset < end && load<u8>(pointer + offset) != 58) {
      const byte = load<u8>(pointer + offset);
      if (byte == 46) dotted = true;
      const digit = hexadecimalDigit(byte);
      if (digit < 0 && !dotted) return false;
      value = (value << 4) | <u32>(digit & 15);
      offset++;
    }
    if (dotted) {
      if (groups > 6 || offset != end || !parseIpv4(pointer + start, offset - start, target + groups * 2)) return false;
      groups += 2;
      break;
    }
    if (offset == start || offset - start > 4) return false;
    store<u8>(target + groups * 2, <u8>(value >> 8));
    store<u8>(target + groups * 2 + 1, <u8>value);
    groups++;
    if (offset == end) break;
    offset++;
    if (offset == end) return false;
    if (load<u8>(pointer + offset) == 58) {
      if (gapAt >= 0) return false;
      gapAt = groups;
      offset++;
    }
  }
  if (gapAt < 0) return groups == 8;
  if (groups == 8) return false;
  const moved = (groups - gapAt) * 2;
  memory.copy(target + 16 - moved, target + gapAt * 2, moved);
  memory.fill(target + gapAt * 2, 0, 16 - moved - gapAt * 2);
  return true;
}

function hexadecimalDigit(byte: u8): i32 {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  if (lower >= 97 && lower <= 102) return lower - 87;
  return -1;
}
