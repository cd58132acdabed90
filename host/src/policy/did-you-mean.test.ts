import { expect, it } from 'vitest';
import { didYouMean } from './did-you-mean.ts';

const names = ['fill_interval', 'quota', 'status'];

it('names the nearest field, whatever its case and separators', () => {
  expect(didYouMean('quotas', names)).toBe('; did you mean `quota`?');
  expect(didYouMean('fillInterval', names)).toBe('; did you mean `fill_interval`?');
});

it('stays silent where nothing is near', () => {
  expect(didYouMean('bogus', names)).toBe('');
  expect(didYouMean('x'.repeat(1_000_000), names)).toBe('');
  expect(didYouMean('quota', [])).toBe('');
});
