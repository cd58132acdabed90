import type { BehaviourCase, Requests } from './behaviour-case.ts';
import { asmPolicy, asmQuota, NEVER_MILLIS } from './quota-policies.ts';

type Sent = Omit<Requests, 'expect'>;

/**
 * What a label matcher takes and what it leaves: the workload it stands for takes no tokens, and everybody else finds
 * the bucket empty.
 */
function matches(what: string, labelMatcher: object, taken: Sent[], left: Sent[]): BehaviourCase {
  return {
    name: `a label matcher: ${what}`,
    policies: asmPolicy({
      ...asmQuota(1, NEVER_MILLIS),
      scheduler: {
        workloads: [{ name: 'taken', label_matcher: labelMatcher, parameters: { tokens: 0 } }],
        default_workload_parameters: { queue_timeout: '1ms' },
      },
      selectors: [{ service: '{host}' }, { service: '*.{host}' }],
    }),
    steps: [
      { ...left[0]!, times: 2, expect: { 200: 1, 503: 1 } },
      ...taken.map((sent) => ({ ...sent, times: 2, expect: { 200: 2 } })),
      ...left.map((sent) => ({ ...sent, expect: { 503: 1 } })),
    ],
  };
}

const of = (headers: Record<string, string | string[]>): Sent => ({ headers });
const requirement = (operator: string, values?: string[]) => ({
  match_expressions: [{ key: 'http.request.header.user_type', operator, ...(values && { values }) }],
});
const equals = (label: string, value: string) => ({ label_equals: { label, value } });
const isGuest = equals('http.request.header.user_type', 'guest');
const isPost = equals('http.method', 'POST');
const labels = (key: string, value: string) => ({ match_labels: { [key]: value } });

const guest = of({ user_type: 'guest' });
const dashed = of({ 'user-type': 'guest' });
const subscriber = of({ user_type: 'subscriber' });
const nobody = of({});
const post: Sent = { method: 'POST' };

export const labelCases: BehaviourCase[] = [
  matches(
    'a header written with _ is the one with - too',
    labels('http.request.header.user_type', 'guest'),
    [guest, dashed, of({ User_Type: 'guest' }), of({ 'user-type': 'guest', user_type: 'other' })],
    [nobody, subscriber, of({ usertype: 'guest' }), of({ user_type: 'Guest' }), of({ user_type: '' })],
  ),
  matches(
    'a header written with - is that one alone',
    labels('http.request.header.user-type', 'guest'),
    [dashed],
    [guest, nobody],
  ),
  matches(
    'all labels must be equal',
    { match_labels: { 'http.request.header.a': '1', 'http.request.header.b': '2' } },
    [of({ a: '1', b: '2' })],
    [of({ a: '1' }), of({ b: '2' }), of({ a: '2', b: '1' })],
  ),
  matches(
    'several values of a header are one, with commas',
    labels('http.request.header.a', 'one,two'),
    [of({ a: ['one', 'two'] }), of({ a: 'one,two' })],
    [of({ a: 'one' }), of({ a: ['two', 'one'] })],
  ),
  matches(
    'In',
    requirement('In', ['guest', 'trial']),
    [guest, dashed, of({ user_type: 'trial' })],
    [nobody, subscriber],
  ),
  matches(
    'NotIn, which a missing label is',
    requirement('NotIn', ['guest', 'trial']),
    [nobody, subscriber],
    [guest, dashed, of({ user_type: 'trial' })],
  ),
  matches(
    'Exists',
    requirement('Exists'),
    [guest, dashed, of({ user_type: '' })],
    [nobody, of({ 'user-types': 'a' })],
  ),
  matches('DoesNotExist', requirement('DoesNotExist'), [nobody], [guest, dashed]),
  matches(
    'match_list, and all that is written must hold',
    {
      match_labels: { 'http.request.header.a': '1' },
      match_list: [{ key: 'http.method', operator: 'In', values: ['PUT', 'POST'] }],
      expression: { label_exists: 'http.request.header.b' },
    },
    [{ method: 'PUT', headers: { a: '1', b: '' } }],
    [
      { method: 'GET', headers: { a: '1', b: '' } },
      { method: 'PUT', headers: { b: '' } },
      { method: 'PUT', headers: { a: '1' } },
    ],
  ),
  matches('not', { expression: { not: isGuest } }, [nobody, subscriber], [guest, dashed]),
  matches(
    'all',
    { expression: { all: { of: [isGuest, isPost] } } },
    [{ ...guest, ...post }],
    [guest, post, { ...subscriber, ...post }],
  ),
  matches(
    'any',
    { expression: { any: { of: [isGuest, isPost] } } },
    [guest, post, dashed],
    [nobody, subscriber],
  ),
  matches(
    'not, all and any within one another',
    {
      expression: {
        all: [{ not: { any: [isGuest, isPost] } }, { label_exists: 'http.request.header.user_type' }],
      },
    },
    [subscriber],
    [nobody, guest, { ...subscriber, ...post }],
  ),
  matches(
    'label_matches looks at any part of the label',
    { expression: { label_matches: { label: 'http.request.header.user_type', regex: 'u[bx]s' } } },
    [subscriber, of({ 'user-type': 'xuxsx' })],
    [nobody, guest, of({ user_type: 'sub' })],
  ),
  matches(
    'label_matches with anchors looks at all of it',
    { expression: { label_matches: { label: 'http.request.header.user_type', regex: '^(guest|trial)$' } } },
    [guest, dashed, of({ user_type: 'trial' })],
    [nobody, subscriber, of({ user_type: 'guests' }), of({ user_type: 'aguest' })],
  ),
  matches('http.method', labels('http.method', 'POST'), [post], [nobody, { method: 'PUT' }]),
  matches(
    'http.target, with the query string',
    labels('http.target', '/a?b=c'),
    [{ path: '/a?b=c' }],
    [{ path: '/a' }, { path: '/a?b=d' }, { path: '/A?b=c' }],
  ),
  matches(
    'http.target by a part of it',
    { expression: { label_matches: { label: 'http.target', regex: '^/api/|[?&]beta=1' } } },
    [{ path: '/api/x' }, { path: '/x?a=b&beta=1' }],
    [{ path: '/x/api/' }, { path: '/api' }],
  ),
  matches(
    'http.host, without port and case',
    labels('http.host', '{host}'),
    [nobody, { host: '{host}:8080' }, { host: '{HOST}' }],
    [{ host: 'other.{host}' }],
  ),
  matches(
    'http.scheme',
    labels('http.scheme', 'http'),
    [nobody, { protocol: 'h2' }],
    [{ protocol: 'h2', headers: { ':scheme': 'https' } }],
  ),
  matches('http.flavor 1.1', labels('http.flavor', '1.1'), [nobody], [{ protocol: 'h2' }]),
  matches('http.flavor 2', labels('http.flavor', '2'), [{ protocol: 'h2' }], [nobody]),
  matches(
    'http.flavor 2.0, as Aperture writes it',
    labels('http.flavor', '2.0'),
    [{ protocol: 'h2' }],
    [nobody],
  ),
  matches(
    'http.flavor NotIn and by expression',
    {
      match_expressions: [{ key: 'http.flavor', operator: 'NotIn', values: ['1.0', '1.1'] }],
      expression: { label_matches: { label: 'http.flavor', regex: '^2' } },
    },
    [{ protocol: 'h2' }],
    [nobody],
  ),
];
