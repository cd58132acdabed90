/** Decodes standard Base64 (RFC 4648 §4) with padding; null when it is none. */
export function decodeBase64(text: StaticArray<u8>): StaticArray<u8> | null {
  const length = text.length;
  if (length % 4 != 0) return null;
  let padding = 0;
  while (padding < 2 && length > padding && text[length - 1 - padding] == 61 /* = */) padding++;
  const bytes = new StaticArray<u8>((length / 4) * 3 - padding);
  let written = 0;
  for (let offset = 0; offset < length; offset += 4) {
    let word: u32 = 0;
    for (let index = 0; index < 4; index++) {
      const isPadding = offset + index >= length - padding;
      const digit = isPadding ? 0 : base64Digit(text[offset + index]);
      if (digit < 0) return null;
      word = (word << 6) | <u32>digit;
    }
    for (let shift = 16; shift >= 0 && written < bytes.length; shift -= 8) bytes[written++] = <u8>(word >> shift);
  }
  return bytes;
}

function base64Digit(byte: u8): i32 {
  if (byte >= 65 && byte <= 90) return byte - 65;
  if (byte >= 97 && byte <= 122) return byte - 71;
  if (byte >= 48 && byte <= 57) return byte + 4;
  if (byte == 43) return 62;
  if (byte == 47) return 63;
  return -1;
}
