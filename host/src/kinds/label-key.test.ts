import { expect, it } from 'vitest';
import { labelKey, labelSources } from './label-key.ts';

const header = (name: string) => ({ on: 'header', name });

it.each([
  ['http.request.header.vip', [header('vip')]],
  ['http.request.header.user_type', [header('user_type'), header('user-type')]],
  ['http.request.header.x-user_type', [header('x-user_type'), header('x-user-type')]],
  ['http.request.header.x-tier', [header('x-tier')]],
  ['http.method', [{ on: 'method' }]],
  ['http.target', [header(':path')]],
  ['http.host', [{ on: 'host' }]],
  ['http.scheme', [header(':scheme')]],
  ['http.flavor', [{ on: 'flavor' }]],
])('%s is read from the request', (key, sources) => expect(labelSources(key)).toEqual(sources));

it.each([
  '',
  'user_tier',
  'http',
  'http.url',
  'http.request.header.',
  'http.request.header.a b',
  'HTTP.method',
])('%j is no label of the request', (key) => expect(labelKey().safeParse(key).success).toBe(false));

it('takes header names in lower case alone, as labels have them', () => {
  expect(labelSources('http.request.header.User_Type')).toEqual([]);
});
