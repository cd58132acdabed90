import { expect, it } from 'vitest';
import { fieldPattern, findFields, formatFieldPath } from './field-path.ts';

it('formats names with dots, indices in brackets and other names in quotes', () => {
  expect(formatFieldPath(['spec', 'configs', 0, 'limit'])).toBe('spec.configs[0].limit');
  expect(formatFieldPath(['labels', 'a.b/c'])).toBe('labels["a.b/c"]');
  expect(formatFieldPath([])).toBe('');
});

it('finds every value under a pattern and passes over other shapes', () => {
  const root = { rules: [{ limit: 1 }, 'text', { limit: null }, {}, null] };
  expect(findFields(root, fieldPattern('rules[].limit'))).toEqual([
    { path: ['rules', 0, 'limit'], value: 1 },
    { path: ['rules', 2, 'limit'], value: null },
  ]);
  expect(findFields({ rules: 'no list' }, fieldPattern('rules[].limit'))).toEqual([]);
  expect(findFields({}, fieldPattern('constructor.name'))).toEqual([]);
});
