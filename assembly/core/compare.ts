import { equalBytes, equalBytesIgnoringCase } from './bytes';

/** The ways to compare a request's value with a configured one. */
export const IS_EXACT: i32 = 0;
export const IS_PREFIX: i32 = 1;
export const IS_SUFFIX: i32 = 2;
export const IS_CONTAINS: i32 = 3;

/** At most `length × expected.length` steps, both bounded by Envoy's header limits and the configuration's. */
export function compareValue(
  comparison: i32,
  pointer: usize,
  length: i32,
  expected: StaticArray<u8>,
  ignoresCase: bool,
): bool {
  const wanted = expected.length;
  if (comparison == IS_EXACT ? length != wanted : length < wanted) return false;
  switch (comparison) {
    case IS_EXACT:
    case IS_PREFIX:
      return equal(pointer, expected, ignoresCase);
    case IS_SUFFIX:
      return equal(pointer + length - wanted, expected, ignoresCase);
    default:
      for (let offset = 0; offset + wanted <= length; offset++) {
        if (equal(pointer + offset, expected, ignoresCase)) return true;
      }
      return false;
  }
}

@inline
function equal(pointer: usize, expected: StaticArray<u8>, ignoresCase: bool): bool {
  return ignoresCase
    ? equalBytesIgnoringCase(pointer, changetype<usize>(expected), expected.length)
    : equalBytes(pointer, changetype<usize>(expected), expected.length);
}
