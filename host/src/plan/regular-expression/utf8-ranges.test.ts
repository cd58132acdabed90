import { describe, expect, it } from 'vitest';
import { utf8Sequences } from './utf8-ranges.ts';

function accepts(first: number, last: number, codePoint: number): boolean {
  const bytes = [...new TextEncoder().encode(String.fromCodePoint(codePoint))];
  return utf8Sequences(first, last).some(
    (ranges) =>
      ranges.length === bytes.length &&
      ranges.every(([from, to], index) => from <= bytes[index]! && bytes[index]! <= to),
  );
}

describe('the byte sequences of a range of code points', () => {
  const edges = [
    0, 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0x7ff, 0x800, 0xfff, 0x1000, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x3ffff,
    0x40000, 0xfffff, 0x100000, 0x10ffff,
  ];

  it('hold the range and nothing else', () => {
    for (const first of edges) {
      for (const last of edges.filter((edge) => edge >= first)) {
        for (const codePoint of edges.flatMap((edge) => [edge - 1, edge, edge + 1])) {
          if (codePoint < 0 || codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) continue;
          expect(accepts(first, last, codePoint), `${first}…${last}: ${codePoint}`).toBe(
            first <= codePoint && codePoint <= last,
          );
        }
      }
    }
  });

  it('ascend, and share leading ranges or have disjoint ones', () => {
    for (const first of edges) {
      for (const last of edges.filter((edge) => edge >= first)) {
        const leading = utf8Sequences(first, last).map(([range]) => range!);
        for (const [index, [from, to]] of leading.entries()) {
          const following = leading[index + 1];
          if (following === undefined || (following[0] === from && following[1] === to)) continue;
          expect(following[0]).toBeGreaterThan(to);
        }
      }
    }
  });
});
