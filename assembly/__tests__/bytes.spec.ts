import { bytesOf, writeDecimal } from '../core/bytes';
import { compareValue, IS_CONTAINS, IS_EXACT, IS_PREFIX, IS_SUFFIX } from '../core/compare';
import { hashBytes, hashLowerCaseBytes } from '../core/hash';

const digits: usize = memory.data(24);

function compare(how: i32, value: string, expected: string, ignoresCase: bool): bool {
  const bytes = bytesOf(value);
  return compareValue(how, changetype<usize>(bytes), bytes.length, bytesOf(expected), ignoresCase);
}

function hash(text: string, lower: bool): u64 {
  const bytes = bytesOf(text);
  const pointer = changetype<usize>(bytes);
  return lower ? hashLowerCaseBytes(5, pointer, bytes.length) : hashBytes(5, pointer, bytes.length);
}

describe('compare', () => {
  it('knows exact, prefix, suffix and contains', () => {
    expect(compare(IS_EXACT, 'abc', 'abc', false)).toBe(true);
    expect(compare(IS_EXACT, 'abc', 'abcd', false)).toBe(false);
    expect(compare(IS_EXACT, '', '', false)).toBe(true);
    expect(compare(IS_PREFIX, 'abc', 'ab', false)).toBe(true);
    expect(compare(IS_PREFIX, 'abc', 'bc', false)).toBe(false);
    expect(compare(IS_SUFFIX, 'abc', 'bc', false)).toBe(true);
    expect(compare(IS_SUFFIX, 'abc', 'ab', false)).toBe(false);
    expect(compare(IS_CONTAINS, 'xxabcxx', 'abc', false)).toBe(true);
    expect(compare(IS_CONTAINS, 'xxabxcx', 'abc', false)).toBe(false);
    expect(compare(IS_CONTAINS, 'ab', 'abc', false)).toBe(false);
  });

  it('ignores the case of ASCII letters when asked, of nothing else', () => {
    expect(compare(IS_EXACT, 'AbZ', 'aBz', true)).toBe(true);
    expect(compare(IS_EXACT, 'AbZ', 'aBz', false)).toBe(false);
    expect(compare(IS_EXACT, '[@', '{`', true)).toBe(false);
  });
});

describe('hash', () => {
  it('of lower case is the hash of the lower-cased text, for every byte and length', () => {
    const text = '@AZ[`az{09-MIXEDcase.Example:Émigré';
    const lower = '@az[`az{09-mixedcase.example:Émigré';
    for (let length = 0; length <= text.length; length++) {
      expect(hash(text.substring(0, length), true)).toBe(hash(lower.substring(0, length), false), length.toString());
    }
  });

  it('tells lengths apart where only zeros differ', () => {
    expect(hash('a', false)).not.toBe(hash('a\0', false));
  });
});

describe('decimal', () => {
  it('writes every size of number', () => {
    const numbers: u64[] = [0, 9, 10, 4096, u64.MAX_VALUE];
    for (let index = 0; index < numbers.length; index++) {
      const length = writeDecimal(digits, numbers[index]);
      expect(String.UTF8.decodeUnsafe(digits, length)).toBe(numbers[index].toString());
    }
  });
});
