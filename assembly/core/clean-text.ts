/**
 * What may stand in a header value (RFC 9110 §5.5): everything but control characters, of which only the tab is
 * allowed. A value taken from a request is cleaned by dropping them, so that it can neither end its header nor begin
 * another.
 */
@inline
export function isCleanByte(byte: u8): bool {
  return (byte >= 32 && byte != 127) || byte == 9;
}

export function isCleanText(pointer: usize, length: i32): bool {
  for (let offset = 0; offset < length; offset++) if (!isCleanByte(load<u8>(pointer + offset))) return false;
  return true;
}

/** Copies the value without its control characters; returns how many bytes are left. */
export function copyClean(target: usize, pointer: usize, length: i32): i32 {
  let size = 0;
  for (let offset = 0; offset < length; offset++) {
    const byte = load<u8>(pointer + offset);
    if (isCleanByte(byte)) store<u8>(target + size++, byte);
  }
  return size;
}
