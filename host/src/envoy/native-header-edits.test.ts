import { expect, it } from 'vitest';
import type { Plan } from '../plan/plan.ts';
import type { HeaderEdit, HeaderRule } from '../plan/plugin-configuration.ts';
import { nativeHeaderFields, withNativeHeaderEdits } from './native-header-edits.ts';

const set = (name: string, value = 'v'): HeaderEdit => ({ edit: 'set', name, value });
const hostsOfPlan = ['a.example', '*.example', '*'];

function planOf(headerRules: HeaderRule[], hosts = hostsOfPlan): Plan {
  return {
    plugin: { version: 1, headerRules },
    virtualHosts: hosts.map((host) => ({
      name: host,
      domains: host.split(' '),
      routes: [{ name: 'default', pathPrefix: '/', filtered: true }],
    })),
  };
}

/** Of each virtual host, by name: the headers it edits, and whether the filter sees it. */
function hostsOf(plan: Plan): Record<string, [string[], boolean]> {
  return Object.fromEntries(
    plan.virtualHosts.map(({ name, requestHeaderEdits = [], routes }) => [
      name,
      [requestHeaderEdits.map((edit) => ('name' in edit ? edit.name : '')), routes[0]!.filtered],
    ]),
  );
}

it('fixed edits of requests go to all virtual hosts that a rule covers, and hosts without rules need no filter', () => {
  const { plan, places } = withNativeHeaderEdits(
    planOf([
      { name: 'wide', hosts: ['*.example'], request: [set('x-a'), { edit: 'remove', name: 'x-b' }] },
      { name: 'exact', hosts: ['a.example'], request: [set('x-c')] },
      { name: 'facts', hosts: ['a.example'], request: [set('x-d', '{limiter}')] },
    ]),
  );
  expect(plan.plugin).toEqual({
    version: 1,
    headerRules: [{ name: 'facts', hosts: ['a.example'], request: [set('x-d', '{limiter}')] }],
  });
  expect(hostsOf(plan)).toEqual({
    'a.example': [['x-a', 'x-b', 'x-c'], true],
    '*.example': [['x-a', 'x-b'], false],
    '*': [[], true],
  });
  expect(places).toEqual([
    { rule: 'wide' },
    { rule: 'exact' },
    { rule: 'facts', moduleBecause: 'the value of x-d tells facts: {limiter}' },
  ]);
});

it.each<[string, HeaderRule[], (string | undefined)[]]>([
  [
    'edits before matching',
    [{ name: 'r', phase: 'beforeMatching', request: [set('x-a')] }],
    ['its edits come before matching'],
  ],
  ['responses', [{ name: 'r', response: [set('x-a')] }], ['it edits responses, those of Sluice itself too']],
  ['trailers', [{ name: 'r', requestTrailers: [set('x-a')] }], ['it edits trailers']],
  [
    'ports',
    [{ name: 'r', ports: [80], request: [set('x-a')] }],
    ['it is for some requests of its hosts only'],
  ],
  [
    'conditions',
    [{ name: 'r', request: [{ ...set('x-a'), match: [{ on: 'path', is: 'present' }] }] }],
    ['the edit of x-a has conditions'],
  ],
  ['a copy', [{ name: 'r', request: [{ edit: 'copy', from: 'x-a', name: 'x-b' }] }], ['routes have no copy']],
  [
    'an add',
    [{ name: 'r', request: [{ edit: 'add', name: 'x-a', value: 'v' }] }],
    ['an add would count twice while policies change'],
  ],
  ['an empty value', [{ name: 'r', request: [set('x-a', '')] }], ['the value of x-a is empty']],
  [
    'a header twice',
    [{ name: 'r', request: [set('x-a'), set('x-a', 'w')] }],
    ['x-a has another edit too, and their order counts'],
  ],
  [
    'a header that another rule reads',
    [
      { name: 'r', request: [set('x-a')] },
      { name: 's', request: [set('x-b', 'of {request.header.x-c?request.header.X-A}')] },
    ],
    [
      'x-a has another edit too, and their order counts',
      'the value of x-b tells facts: of {request.header.x-c?request.header.X-A}',
    ],
  ],
  [
    'a header that a prefix covers',
    [
      { name: 'r', request: [set('x-a')] },
      { name: 's', hosts: ['a.example'], request: [{ edit: 'removePrefix', prefix: 'x-' }] },
    ],
    ['x-a has another edit too, and their order counts', 'routes have no removePrefix'],
  ],
  [
    'the same header for other hosts, which is none of its concern',
    [
      { name: 'r', hosts: ['a.example'], request: [set('x-a')] },
      { name: 's', hosts: ['b'], request: [set('x-a', '{limiter}')] },
    ],
    [undefined, 'the value of x-a tells facts: {limiter}'],
  ],
])('leaves to the module %s', (_, rules, expected) => {
  const { places } = withNativeHeaderEdits(planOf(rules, [...hostsOfPlan, 'b']));
  expect(places.map(({ moduleBecause }) => moduleBecause)).toEqual(expected);
});

it('leaves to the module a rule for some names of a virtual host', () => {
  const { places } = withNativeHeaderEdits(
    planOf([{ name: 'r', hosts: ['shop'], request: [set('x-a')] }], ['shop shop.default', '*']),
  );
  expect(places[0]!.moduleBecause).toBe('it is for some hosts of virtual host shop shop.default only');
});

it('writes what Envoy reads, where a percent sign has a meaning', () => {
  expect(
    nativeHeaderFields([
      set('x-a', '100% {{sure}}'),
      { edit: 'addIfAbsent', name: 'x-b', value: '', keepEmptyValue: true },
      { edit: 'remove', name: 'x-c' },
    ]),
  ).toEqual({
    request_headers_to_add: [
      { header: { key: 'x-a', value: '100%% {sure}' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
      { header: { key: 'x-b', value: '' }, append_action: 'ADD_IF_ABSENT', keep_empty_value: true },
    ],
    request_headers_to_remove: ['x-c'],
  });
  expect(nativeHeaderFields()).toEqual({});
});
