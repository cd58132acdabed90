import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PluginConfiguration, RateLimitRule } from '../../host/src/plan/plugin-configuration.ts';
import { encodePattern } from '../../host/src/plan/regular-expression/index.ts';
import { createSimulator, type RequestOptions, type Simulator } from '../../host/src/simulator/index.ts';
import { secondNanos, tokenBucket } from '../module/modules.ts';
import { moduleBytes, runs, timeLimitMillis } from './runs.ts';

/** Hostile requests into a configuration that looks at everything: no traps, bounded memory, bounded work. */

const encoded = encodePattern('(?:[a-z]+\\.)*x?[^ ]*');
if (!encoded.ok) throw new Error(encoded.message);

const window = { algorithm: 'slidingWindow', maxRequests: 3, windowNanos: secondNanos } as const;
const rules: RateLimitRule[] = [
  { name: 'all', limit: tokenBucket(1000, 1), response: { rateLimitHeaders: true } },
  { name: 'leased', limit: tokenBucket(1_000_000, 1) },
  { name: 'suffix', hosts: ['*.example', '*.a.example'], ports: [80, 443], limit: tokenBucket(1000, 1) },
  { name: 'exact', hosts: ['a.example', '[::1]', '*'], routes: ['r'], limit: tokenBucket(1000, 1) },
  {
    name: 'conditions',
    limit: tokenBucket(1000, 1),
    match: [
      { on: 'path', is: 'regex', pattern: 0, invert: true },
      { on: 'header', name: 'x-a', is: 'contains', value: 'aaaaaaaaaaaaaaab', invert: true },
      { on: 'header', name: 'x-b', is: 'present', invert: true },
      { on: 'clientAddress', ranges: ['10.0.0.0/8', '::/1'], invert: true },
    ],
  },
  {
    name: 'values',
    limit: tokenBucket(5, 1),
    key: [
      { on: 'cookie', name: 'session' },
      { on: 'query', name: 'q' },
      { on: 'host' },
      { on: 'header', name: 'x-a' },
      { on: 'clientAddress', ipv4PrefixLength: 24, ipv6PrefixLength: 56 },
      { on: 'connection' },
    ],
    keyCapacity: 64,
    cost: { header: 'x-cost', max: 5 },
  },
  {
    name: 'skipping',
    limit: window,
    key: [{ on: 'method' }, { on: 'path' }, { on: 'header', name: 'cookie' }],
    keyCapacity: 32,
    whenKeyMissing: 'skip',
    overrides: [
      {
        match: [{ on: 'host', is: 'suffix', value: '.', ignoreCase: true }],
        limit: { ...window, maxRequests: 2 },
      },
    ],
  },
  {
    name: 'shadow',
    limit: { ...window, maxRequests: 1 },
    shadowMode: true,
    match: [{ on: 'host', is: 'regex', pattern: 0 }],
  },
];
const configuration: PluginConfiguration = { version: 1, patterns: [encoded.pattern], rateLimits: rules };

const kib = 1024;
const big = fc.integer({ min: 1, max: 60 * kib });
const odd = fc.oneof(
  fc.constantFrom(
    '',
    '\0',
    ' ',
    '\t',
    '=',
    ';',
    '&',
    '?',
    '%',
    '%00',
    '\u{10ffff}',
    '\x7f\x80\xff',
    '*',
    '*.example',
  ),
  fc.constantFrom(
    ':',
    ':80',
    ':0',
    '[::1',
    '[::1]',
    '[::1]:',
    '[]',
    '[]:80',
    ']',
    '][',
    'a:b:c',
    'a:99999999999',
    '::',
  ),
  fc.constantFrom(
    'a.example',
    'A.EXAMPLE:80',
    'x.a.example:443',
    '.example',
    '..',
    'session=1',
    '1',
    '99999999999999999999',
  ),
  fc.string({ unit: 'binary', maxLength: 64 }),
  fc
    .tuple(
      fc.constantFrom(
        '.',
        'a',
        ':',
        ';',
        '=',
        '&',
        'a=b;',
        'a=b&',
        ' ',
        '\0',
        'é',
        '.a',
        'session',
        '[',
        '1',
      ),
      big,
    )
    .map(([part, size]) => part.repeat(Math.ceil(size / part.length)).slice(0, size)),
);
const maybe = fc.option(odd, { freq: 8 });
const headerName = fc.constantFrom('x-a', 'x-b', 'x-cost', 'cookie', 'content-type', 'x-z', 'referer', '');
const headers = fc
  .oneof(
    { weight: 8, arbitrary: fc.array(fc.tuple(headerName, odd), { maxLength: 8 }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 1, max: 100 }), odd, headerName)
        .map(([count, value, name]) => new Array(count).fill([name, value.slice(0, (60 * kib) / count)])),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 1, max: 1000 }), odd)
        .map(([count, value]) =>
          Array.from({ length: count }, (_, index) => [`x-${index}`, value.slice(0, 40)]),
        ),
    },
  )
  .map((pairs) => withinLimits(pairs as [string, string][]));

/** Envoy's `max_request_headers_kb` is 60. */
function withinLimits(pairs: [name: string, value: string][]): [name: string, value: string][] {
  let bytes = 0;
  return pairs.filter(([name, value]) => {
    bytes += Buffer.byteLength(name + value);
    return bytes <= 60 * kib;
  });
}

const propertyValue = fc.oneof(
  odd,
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(
    '1.2.3.4:5',
    '[2001:db8::1]:1',
    '::ffff:1.2.3.4',
    '1.2.3.4.5',
    '1:2:3:4:5:6:7:8:9',
    '[::1]x',
    '%',
    '1::2::3',
  ),
);
const arrival: fc.Arbitrary<RequestOptions> = fc
  .record({
    authority: maybe,
    path: maybe,
    method: maybe,
    scheme: fc.constantFrom('http', null),
    headers,
    connectionId: fc.nat(5),
    properties: fc.dictionary(
      fc.constantFrom('source.address', 'connection.id', 'xds.route_name'),
      propertyValue,
    ),
  })
  .chain((request) => fc.constantFrom<RequestOptions>(request, { ...request, sourceAddress: '10.0.0.1:1' }));

/** Host calls that one request may cost with these rules: a few for its facts, a few for each rule. */
const mostCalls = 8 + rules.length * 6;
/** The module's own data, the largest requests twice, and room for the heap to double. */
const mostMemoryBytes = 2 * kib * kib;

function start(): Simulator {
  return createSimulator({ module: moduleBytes, configuration });
}

function serve(simulator: Simulator, request: RequestOptions): 'admitted' | 'refused' {
  simulator.resetHostCalls();
  const stream = simulator.request(request);
  const { outcome } = stream;
  expect(simulator.failure(0)).toBeUndefined();
  if (outcome.kind === 'localReply') expect(outcome.details).toMatch(/^sluice_rate_limited:/);
  else expect(outcome.kind).toBe('admitted');
  const calls = Object.values(simulator.hostCalls('proxy_on_request_headers')).reduce(
    (sum, count) => sum + count,
    0,
  );
  expect(calls).toBeLessThanOrEqual(mostCalls);
  stream.end();
  return outcome.kind === 'admitted' ? 'admitted' : 'refused';
}

describe('a hostile request', () => {
  it('is admitted or refused, within bounded work and memory', { timeout: timeLimitMillis }, () => {
    const outcomes = { admitted: 0, refused: 0 };
    // One proxy for all: what a request leaves behind, the next one meets.
    const simulator = start();
    fc.assert(
      fc.property(arrival, fc.nat(100_000_000), fc.integer({ min: 1, max: 6 }), (request, gap, times) => {
        simulator.advanceNanos(gap);
        for (let time = 0; time < times; time++) outcomes[serve(simulator, request)]++;
        expect(simulator.memoryBytes(0)).toBeLessThan(mostMemoryBytes);
      }),
      runs(401, 6000),
    );
    expect(outcomes.admitted).toBeGreaterThan(1000);
    expect(outcomes.refused).toBeGreaterThan(100);
    expect(simulator.contextCount(0)).toBe(1);
  });

  it('with only what is there already takes no more memory the second time', () => {
    const simulator = start();
    const heavy: RequestOptions = {
      authority: '.'.repeat(50 * kib),
      headers: [
        ['x-a', 'a'.repeat(60 * kib)],
        ['x-a', 'b'],
      ],
    };
    for (let index = 0; index < 5; index++) serve(simulator, heavy);
    const bytes = simulator.memoryBytes(0);
    for (let index = 0; index < 500; index++) serve(simulator, heavy);
    expect(simulator.memoryBytes(0)).toBe(bytes);
  });

  const cookies = (count: number, value: string) =>
    Array.from({ length: count }, (): [string, string] => ['cookie', value]);
  it.each<[string, RequestOptions]>([
    ['no headers at all', { authority: null, path: null, method: null, scheme: null }],
    ['a host of 60 KiB of dots', { authority: '.'.repeat(60 * kib) }],
    ['a host of 60 KiB of colons', { authority: ':'.repeat(60 * kib) }],
    ['a host of 60 KiB of open brackets', { authority: '['.repeat(60 * kib) }],
    ['a port of 60 KiB of digits', { authority: `a.example:${'9'.repeat(60 * kib)}` }],
    ['a host of 255 dots', { authority: '.'.repeat(255) }],
    ['a path of 60 KiB of separators', { path: `/?${'&'.repeat(60 * kib)}` }],
    ['a path of 60 KiB of questions', { path: '?'.repeat(60 * kib) }],
    ['a value of 60 KiB that nearly contains', { headers: { 'x-a': 'a'.repeat(60 * kib) } }],
    ['a cost of 60 KiB of digits', { headers: { 'x-cost': '9'.repeat(60 * kib) } }],
    ['a cookie of 60 KiB of separators', { headers: { cookie: ';'.repeat(60 * kib) } }],
    ['a cookie of 60 KiB of spaces', { headers: { cookie: ' '.repeat(60 * kib) } }],
    [
      'a thousand other headers',
      { headers: Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`h${index}`, 'v'])) },
    ],
    ['an address of 60 KiB of colons', { sourceAddress: ':'.repeat(60 * kib) }],
    ['an address of 60 KiB of digits', { sourceAddress: '1'.repeat(60 * kib) }],
    ['a connection id of no bytes', { properties: { 'connection.id': '' } }],
    [
      'binary bytes',
      {
        authority: '\x00\xff',
        path: '\xff\x00',
        method: '\x7f',
        headers: { 'x-a': '\x01\xfe', cookie: '\x00' },
      },
    ],
  ])('of %s is no trap', (_, request) => {
    const simulator = start();
    for (let index = 0; index < 3; index++) serve(simulator, request);
    serve(simulator, { authority: 'a.example' });
  });

  it('of 100 cookie headers is no trap', () => {
    const simulator = start();
    for (const value of ['', 'a=b', 'session=x', 'c'.repeat(600)])
      serve(simulator, { headers: cookies(100, value) });
  });
});
