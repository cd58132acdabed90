import { expect, it } from 'vitest';
import { covers, intersectHosts } from './host-pattern.ts';

it('orders patterns: everything, suffixes, hosts', () => {
  expect(covers('*', '*.example')).toBe(true);
  expect(covers('*.example', 'a.b.example')).toBe(true);
  expect(covers('*.example', '*.b.example')).toBe(true);
  expect(covers('*.example', 'example')).toBe(false);
  expect(covers('*.example', 'aexample')).toBe(false);
  expect(covers('a.example', '*.example')).toBe(false);
  expect(covers('*.example', '*')).toBe(false);
});

it('intersects to what both sides stand for', () => {
  expect(intersectHosts(['*.example', 'b.test'], ['a.example', '*.test', 'c.other'])).toEqual([
    'a.example',
    'b.test',
  ]);
  expect(intersectHosts(['a'], ['*'])).toEqual(['a']);
  expect(intersectHosts(['a'], ['b'])).toEqual([]);
});
