import { expect, it } from 'vitest';
import { estimateSize } from './estimate-size.ts';

it.each([
  ['abc', 3],
  ['[a-z\\]]b', 2],
  ['[]a]', 1],
  ['[[:alpha:]x]y', 2],
  ['\\p{Greek}\\x{e9}\\d', 3],
  ['a{3}', 3],
  ['a{2,5}b', 6],
  ['(ab){10}', 40],
  ['((a{10}){10}){10}', 1_000 + 2 * 110],
  ['\\{3}', 3],
  ['[a]{4}', 4],
])('%s asks for about %i instructions', (expression, size) => {
  const estimate = estimateSize(expression);
  expect(estimate).toBeGreaterThanOrEqual(size / 2);
  expect(estimate).toBeLessThanOrEqual(size * 2);
});
