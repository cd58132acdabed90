/** Numbers that callers write into headers. What is not one reads as 0. */

const LONGEST_NANOS: u64 = 3_600_000_000_000;

/** A decimal number of tokens such as `2` or `0.5`, in thousandths and at most `most`; digits past those are cut. */
export function parseTokens(pointer: usize, length: i32, most: u64): u64 {
  let value: u64 = 0;
  let decimals = -1;
  if (length == 0) return 0;
  for (let offset = 0; offset < length; offset++) {
    const byte = load<u8>(pointer + offset);
    if (byte == 46 /* . */ && decimals < 0 && offset > 0) {
      decimals = 0;
      continue;
    }
    const digit = byte - 48;
    if (digit > 9) return 0;
    if (decimals == 3) continue;
    if (decimals >= 0) decimals++;
    value = value * 10 + digit;
    if (value > 1 << 53) value = 1 << 53;
  }
  for (let missing = max(decimals, 0); missing < 3; missing++) value *= 10;
  return min(value, most);
}

/** Whole milliseconds, in nanoseconds and at most an hour. */
export function parseMillis(pointer: usize, length: i32): u64 {
  return min(parseWhole(pointer, length), LONGEST_NANOS / 1_000_000) * 1_000_000;
}

/** A gRPC timeout: at most 8 digits and a unit, in nanoseconds and at most an hour (gRPC over HTTP/2, Timeout). */
export function parseTimeout(pointer: usize, length: i32): u64 {
  if (length < 2 || length > 9) return 0;
  const value = parseWhole(pointer, length - 1);
  let unit: u64 = 0;
  switch (load<u8>(pointer + length - 1)) {
    case 72: unit = 3_600_000_000_000; break; // H
    case 77: unit = 60_000_000_000; break; // M
    case 83: unit = 1_000_000_000; break; // S
    case 109: unit = 1_000_000; break; // m
    case 117: unit = 1_000; break; // u
    case 110: unit = 1; break; // n
  }
  return unit == 0 ? 0 : min(value, LONGEST_NANOS / unit + 1) * unit < LONGEST_NANOS ? value * unit : LONGEST_NANOS;
}

function parseWhole(pointer: usize, length: i32): u64 {
  let value: u64 = 0;
  for (let offset = 0; offset < length; offset++) {
    const digit = load<u8>(pointer + offset) - 48;
    if (digit > 9) return 0;
    value = min<u64>(value * 10 + digit, 1 << 40);
  }
  return value;
}
