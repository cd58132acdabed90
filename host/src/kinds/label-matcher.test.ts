import { describe, expect, it } from 'vitest';
import type { PolicyCondition, PolicyMatcher } from '../policy/policy.ts';
import { labelMatchers } from './label-matcher.ts';
import { type LabelMatcher, labelMatcher } from './label-matcher-schema.ts';

type Headers = Record<string, string>;

/** Asks a tree as the module does, for requests of headers alone. */
function holds(matcher: PolicyMatcher, headers: Headers): boolean {
  if ('all' in matcher) return matcher.all.every((each) => holds(each, headers));
  if ('any' in matcher) return matcher.any.some((each) => holds(each, headers));
  if ('not' in matcher) return !holds(matcher.not, headers);
  if ('targets' in matcher) throw new Error('a label matcher has no targets');
  return conditionHolds(matcher, headers);
}

function conditionHolds(condition: PolicyCondition, headers: Headers): boolean {
  if (condition.on !== 'header') throw new Error(`expected a header, got ${condition.on}`);
  const value = headers[condition.name];
  if (condition.is === 'present') return value !== undefined;
  if (value === undefined) return false;
  if (condition.is === 'regex') return new RegExp(condition.expression).test(value);
  return value === (condition as { value: string }).value;
}

function matches(written: object, headers: Headers): boolean {
  const matcher: LabelMatcher = labelMatcher.parse(written);
  return labelMatchers(matcher).every((each) => holds(each, headers));
}

const USER_TYPE = 'http.request.header.user_type';

describe('a label', () => {
  it('is equal when the header with `_` or the one with `-` is', () => {
    const guest = { match_labels: { [USER_TYPE]: 'guest' } };
    expect(matches(guest, { user_type: 'guest' })).toBe(true);
    expect(matches(guest, { 'user-type': 'guest' })).toBe(true);
    expect(matches(guest, { user_type: 'vip', 'user-type': 'guest' })).toBe(true);
    expect(matches(guest, { user_type: 'vip' })).toBe(false);
    expect(matches(guest, {})).toBe(false);
  });

  it('is missing only when both headers are', () => {
    const missing = { match_list: [{ key: USER_TYPE, operator: 'DoesNotExist' }] };
    expect(matches(missing, {})).toBe(true);
    expect(matches(missing, { user_type: '' })).toBe(false);
    expect(matches(missing, { 'user-type': 'x' })).toBe(false);
    const exists = { expression: { label_exists: USER_TYPE } };
    expect(matches(exists, {})).toBe(false);
    expect(matches(exists, { 'user-type': 'x' })).toBe(true);
  });

  it('is not in a list when it is missing, as in Kubernetes', () => {
    const notIn = { match_expressions: [{ key: USER_TYPE, operator: 'NotIn', values: ['a', 'b'] }] };
    expect(matches(notIn, {})).toBe(true);
    expect(matches(notIn, { user_type: 'c' })).toBe(true);
    expect(matches(notIn, { user_type: 'b' })).toBe(false);
    expect(matches(notIn, { 'user-type': 'a' })).toBe(false);
  });

  it('is in a list when it is one of its values', () => {
    const isIn = { match_expressions: [{ key: USER_TYPE, operator: 'In', values: ['a', 'b'] }] };
    expect(matches(isIn, { 'user-type': 'b' })).toBe(true);
    expect(matches(isIn, { user_type: 'c' })).toBe(false);
    expect(matches(isIn, {})).toBe(false);
  });

  it('matches an expression anywhere in its value', () => {
    const matching = { expression: { label_matches: { label: USER_TYPE, regex: '^gu|st$' } } };
    expect(matches(matching, { user_type: 'guess' })).toBe(true);
    expect(matches(matching, { 'user-type': 'the guest' })).toBe(true);
    expect(matches(matching, { user_type: 'a guess' })).toBe(false);
  });
});

describe('a label matcher', () => {
  it('that is empty matches every request', () => {
    expect(labelMatchers(undefined)).toEqual([]);
    expect(labelMatchers({})).toEqual([]);
  });

  it('asks for all its parts at once', () => {
    const both = {
      match_labels: { 'http.request.header.a': '1' },
      match_expressions: [{ key: 'http.request.header.b', operator: 'Exists' }],
      match_list: [{ key: 'http.request.header.c', operator: 'Exists' }],
      expression: { not: { label_exists: 'http.request.header.d' } },
    };
    expect(matches(both, { a: '1', b: '', c: '' })).toBe(true);
    for (const headers of [
      { a: '2', b: '', c: '' },
      { a: '1', c: '' },
      { a: '1', b: '' },
      { a: '1', b: '', c: '', d: '' },
    ]) {
      expect(matches(both, headers)).toBe(false);
    }
  });

  it('takes lists of expressions with and without `of`', () => {
    const one = { label_equals: { label: 'http.request.header.a', value: '1' } };
    const other = { label_equals: { label: 'http.request.header.b', value: '1' } };
    for (const list of [[one, other], { of: [one, other] }]) {
      expect(matches({ expression: { all: list } }, { a: '1' })).toBe(false);
      expect(matches({ expression: { all: list } }, { a: '1', b: '1' })).toBe(true);
      expect(matches({ expression: { any: list } }, { b: '1' })).toBe(true);
      expect(matches({ expression: { any: list } }, {})).toBe(false);
    }
  });
});
