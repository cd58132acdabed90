/** First and last byte, both included. */
export type ByteRange = readonly [first: number, last: number];

const MAX_CODE_POINT = 0x10ffff;
/** The last code point whose UTF-8 form has 1, 2 and 3 bytes. */
const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff];
const CONTINUATION: ByteRange = [0x80, 0xbf];

/**
 * Everything beyond ASCII, as RE2 compiles it: simpler than exact UTF-8, because overlong forms that start with E0
 * or F0, and values above U+10FFFF that start with F4, are let in.
 */
const BEYOND_ASCII: readonly (readonly ByteRange[])[] = [
  [[0xc2, 0xdf], CONTINUATION],
  [[0xe0, 0xef], CONTINUATION, CONTINUATION],
  [[0xf0, 0xf4], CONTINUATION, CONTINUATION, CONTINUATION],
];

/**
 * The UTF-8 forms of the code points `first` to `last`, as sequences of byte ranges in ascending order. Leading
 * ranges of two sequences, of one call or of calls for disjoint ranges, are either the same or disjoint.
 *
 * Source: RE2, `Compiler::AddRuneRangeUTF8` in re2/compile.cc; the idea is Ken Thompson's grep,
 * see https://swtch.com/~rsc/regexp/regexp3.html#analysis.
 */
export function utf8Sequences(first: number, last: number): readonly (readonly ByteRange[])[] {
  if (first === 0x80 && last === MAX_CODE_POINT) return BEYOND_ASCII;

  for (const lastOfLength of LAST_OF_LENGTH) {
    if (first <= lastOfLength && lastOfLength < last) return split(first, lastOfLength, last);
  }
  if (last <= 0x7f) return [[[first, last]]];

  // Cut until the two ends differ only in trailing bytes that run through all of 80–BF.
  for (const trailingBits of [6, 12, 18]) {
    const mask = (1 << trailingBits) - 1;
    if ((first & ~mask) === (last & ~mask)) continue;
    if ((first & mask) !== 0) return split(first, first | mask, last);
    if ((last & mask) !== mask) return split(first, (last & ~mask) - 1, last);
  }

  const firstBytes = encode(first);
  const lastBytes = encode(last);
  return [firstBytes.map((byte, index) => [byte, lastBytes[index]!] as const)];
}

function split(first: number, cut: number, last: number): (readonly ByteRange[])[] {
  return [...utf8Sequences(first, cut), ...utf8Sequences(cut + 1, last)];
}

/** Of a code point beyond ASCII. Surrogates get the form that RE2 gives them. */
function encode(codePoint: number): number[] {
  const low = (codePoint & 0x3f) | 0x80;
  const middle = ((codePoint >> 6) & 0x3f) | 0x80;
  if (codePoint <= 0x7ff) return [0xc0 | (codePoint >> 6), low];
  if (codePoint <= 0xffff) return [0xe0 | (codePoint >> 12), middle, low];
  return [0xf0 | (codePoint >> 18), ((codePoint >> 12) & 0x3f) | 0x80, middle, low];
}
