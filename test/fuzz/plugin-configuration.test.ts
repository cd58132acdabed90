import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PluginConfiguration } from '../../host/src/plan/plugin-configuration.ts';
import { encodePattern } from '../../host/src/plan/regular-expression/index.ts';
import { createSimulator, type Simulator, StartRefused } from '../../host/src/simulator/index.ts';
import { secondNanos, tokenBucket } from '../module/modules.ts';
import { moduleBytes, runs, timeLimitMillis } from './runs.ts';

/** Broken configurations: the module accepts or gives a reason, and never traps. */

const encoded = encodePattern('(?:a|b)+c?');
if (!encoded.ok) throw new Error(encoded.message);

const rich: PluginConfiguration = {
  version: 1,
  logLevel: 'warn',
  patterns: [encoded.pattern],
  rateLimits: [
    {
      name: 'shop/orders/0',
      hosts: ['a.example', '*.b.example', '*'],
      ports: [80, 8080],
      routes: ['r'],
      match: [
        { on: 'header', name: 'x-a', is: 'exact', value: 'é\n"\\', ignoreCase: true, invert: true },
        { on: 'path', is: 'regex', pattern: 0, invert: true },
        { on: 'clientAddress', ranges: ['10.0.0.0/8', '2001:db8::/32', '::1'], invert: true },
      ],
      limit: tokenBucket(10, 60),
      overrides: [
        { match: [{ on: 'query', name: 'q', is: 'present' }], limit: tokenBucket(20, 1) },
        {
          match: [{ on: 'cookie', name: 'c', is: 'prefix', value: 'a' }],
          limit: { algorithm: 'slidingWindow', maxRequests: 12, windowNanos: secondNanos },
        },
      ],
      key: [
        { on: 'clientAddress', ipv4PrefixLength: 24, ipv6PrefixLength: 64 },
        { on: 'connection' },
        { on: 'header', name: 'x-user' },
      ],
      keyCapacity: 64,
      whenKeyMissing: 'skip',
      cost: { header: 'x-cost', default: 2, max: 10 },
      shadowMode: true,
      response: {
        status: 503,
        body: 'too many \u0000\ud83d\ude00',
        headers: [['x-why', 'limit']],
        grpcStatus: 14,
        rateLimitHeaders: true,
      },
    },
  ],
};
const plain: PluginConfiguration = {
  version: 1,
  patterns: [encoded.pattern],
  rateLimits: [
    { name: 'a', limit: tokenBucket(3, 60) },
    {
      name: 'b',
      match: [{ on: 'header', name: 'x-a', is: 'regex', pattern: 0 }],
      limit: { algorithm: 'slidingWindow', maxRequests: 5, windowNanos: 16_000_000 },
      key: [{ on: 'host' }, { on: 'path' }, { on: 'method' }],
      keyCapacity: 32,
      cost: { fixed: 2 },
    },
    {
      name: 'c',
      hosts: ['*.example'],
      limit: tokenBucket(100, 1),
      key: [{ on: 'cookie', name: 'c' }],
      keyCapacity: 32,
    },
  ],
};
/** Mostly text that may say anything, so that many a change is accepted. */
const wordy: PluginConfiguration = {
  version: 1,
  rateLimits: [
    {
      name: 'a long name, '.repeat(10),
      match: [
        {
          on: 'header',
          name: 'x-a'.repeat(40),
          is: 'contains',
          value: 'é "quoted" \ud83d\ude00 '.repeat(10),
          invert: true,
        },
      ],
      limit: tokenBucket(10_000_000, 100_000),
      response: { body: 'come back\nlater\\ '.repeat(20), headers: [['x-why', 'because of it '.repeat(10)]] },
    },
  ],
};
const valid = fc.constantFrom(rich, plain, wordy);

/** Requests that meet whatever rules survived. */
const request = fc.record({
  authority: fc.constantFrom('a.example', 'x.b.example:8080', 'localhost', '[::1]:80', ':'),
  path: fc.constantFrom('/', '/abc?q=1&q', 'abac', '?'),
  sourceAddress: fc.constantFrom('10.1.2.3:4', '[2001:db8::1]:5', '', '192.168.0.1'),
  routeName: fc.constantFrom('r', ''),
  headers: fc.dictionary(
    fc.constantFrom('x-a', 'x-user', 'x-cost', 'cookie', 'content-type'),
    fc.constantFrom('', 'abc', '7', 'c=a; d', 'application/grpc', 'é\n"\\'),
  ),
});
const requests = fc.array(request, { minLength: 20, maxLength: 20 });

const mostMemoryBytes = 4 * 1024 * 1024;

/** What the module says: undefined when accepted, else its reason. Anything else, a trap above all, fails the test. */
function reasonOf(error: string): string {
  const reason = /plugin configuration refused: (.+)/s.exec(error);
  if (reason === null || /proxy_on_(configure|memory_allocate):/.test(error)) {
    throw new Error(`expected a reason, got a trap or nothing: ${error}`);
  }
  return reason[1]!;
}

function start(configuration: string | Uint8Array): Simulator | undefined {
  try {
    return createSimulator({ module: moduleBytes, configuration });
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    expect(reasonOf(error.message)).not.toBe('');
    return undefined;
  }
}

function serve(
  simulator: Simulator,
  arrivals: readonly (typeof request extends fc.Arbitrary<infer R> ? R : never)[],
) {
  for (const arrival of arrivals) {
    simulator.advanceMillis(3);
    const stream = simulator.request(arrival);
    expect(['admitted', 'localReply']).toContain(stream.outcome.kind);
    stream.end();
    expect(simulator.failure(0)).toBeUndefined();
  }
  expect(simulator.memoryBytes(0)).toBeLessThan(mostMemoryBytes);
}

type Edit = (bytes: Buffer<ArrayBuffer>) => Buffer<ArrayBuffer>;
/** Where, as a share of the whole. Not `fc.double`, most of whose values are next to 0. */
const place = fc.nat(99_999).map((part) => part / 100_000);
const at = (bytes: Buffer, share: number) => Math.floor(bytes.length * share);
const insertion = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      ...['\\', '"', '\\u', '\\ud800', '\\udc00', '\\u0000', '\\ud83d\\u0041', '{', '}', '[', ']', ',', ':'],
      ...[
        'null',
        'true',
        '-1',
        '1e309',
        '1e-5',
        '1E+10',
        '0.1',
        '9007199254740993',
        '18446744073709551616',
        '00',
      ],
      ...[
        ' ',
        '\n',
        '\t',
        '\0',
        '\ufeff',
        '//',
        '"a":1,',
        '"version":1,',
        '"limit":{},',
        '\u2028',
        '1e',
        '1.',
      ],
      ...['\\"', '\\\\', '\\x', '[]', '{}', '""', '99999999999999999999999999999999'],
    )
    .map((text) => Buffer.from(text)),
  fc
    .constantFrom(
      [0xff],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf8, 0x88, 0x80, 0x80, 0x80],
      [0xe2, 0x82],
      [0x80],
    )
    .map((bytes) => Buffer.from(bytes)),
);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  // At the end of a text, where an escape has no room left.
  fc
    .tuple(place, fc.nat(40), fc.constantFrom('\\u', '\\u1', '\\u123', '\\ud83d', '\\ud83d\\u', '\\', '\\n'))
    .map(
      ([share, padding, tail]): Edit =>
        (bytes) => {
          const end = bytes.indexOf('"', at(bytes, share));
          if (end < 0) return bytes;
          return Buffer.concat([
            bytes.subarray(0, end),
            Buffer.from('x'.repeat(padding) + tail),
            bytes.subarray(end),
          ]);
        },
    ),
  fc.tuple(place, fc.nat(255)).map(
    ([share, value]): Edit =>
      (bytes) => {
        if (bytes.length > 0) bytes[at(bytes, share)] = value;
        return bytes;
      },
  ),
  fc.tuple(place, fc.nat(7)).map(
    ([share, bit]): Edit =>
      (bytes) => {
        if (bytes.length > 0) bytes[at(bytes, share)]! ^= 1 << bit;
        return bytes;
      },
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 12 })).map(
    ([share, size]): Edit =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at(bytes, share)), bytes.subarray(at(bytes, share) + size)]),
  ),
  fc.tuple(place, insertion).map(
    ([share, inserted]): Edit =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at(bytes, share)), inserted, bytes.subarray(at(bytes, share))]),
  ),
  fc.tuple(place, place, fc.integer({ min: 1, max: 80 })).map(
    ([from, to, size]): Edit =>
      (bytes) => {
        const copied = bytes.subarray(at(bytes, from), at(bytes, from) + size);
        return Buffer.concat([bytes.subarray(0, at(bytes, to)), copied, bytes.subarray(at(bytes, to))]);
      },
  ),
);

function edited(document: PluginConfiguration, edits: readonly Edit[]): Buffer<ArrayBuffer> {
  return edits.reduce((bytes, change) => change(bytes), Buffer.from(JSON.stringify(document)));
}

type Swap = (former: unknown) => unknown;

/** Another value in the place of one of the document's, at a path chosen by `picks`. */
function swapValue(document: unknown, picks: readonly number[], swap: Swap): unknown {
  const [pick, ...rest] = picks;
  if (pick === undefined || typeof document !== 'object' || document === null) return swap(document);
  const keys = Object.keys(document);
  if (keys.length === 0) return swap(document);
  const key = keys[pick % keys.length]!;
  const inside = (document as Record<string, unknown>)[key];
  const replaced = swapValue(inside, rest, swap);
  if (Array.isArray(document))
    return document.map((item, index) => (String(index) === key ? replaced : item));
  return { ...document, [key]: replaced };
}

const oddValue = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      null,
      true,
      false,
      0,
      -0,
      -1,
      1,
      2,
      0.5,
      1e308,
      5e-324,
      2 ** 31,
      2 ** 32,
      2 ** 53 - 1,
      2 ** 53,
      1e19,
      1e20,
    ],
    ...[
      '',
      '*',
      '*.',
      'tokenBucket',
      'slidingWindow',
      'regex',
      'present',
      'header',
      'connection',
      '10.0.0.0/8',
    ],
    ...[
      '\ud800',
      '\udc00\ud800',
      '\0',
      '\uffff',
      'x'.repeat(70_000),
      '=',
      '====',
      'AAAA',
      '::/129',
      '[::1',
      '1.2.3.4/',
    ],
    ...[
      [],
      {},
      [[]],
      [{}],
      { on: 'path', is: 'regex', pattern: 1 },
      ['a', 'b', 'c'],
      new Array(300).fill('a.example'),
    ],
    ...[
      { fixed: 1, header: 'x', max: 1 },
      { algorithm: 'tokenBucket' },
      [{ on: 'clientAddress' }],
      [['x', 'y']],
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer(),
  fc.maxSafeNat(),
);

/** Any value, or one of the former's kind, which is more often accepted. */
const swap: fc.Arbitrary<Swap> = fc.oneof(
  oddValue.map(
    (value): Swap =>
      () =>
        value,
  ),
  fc
    .record({
      number: fc.oneof(fc.nat(2000), fc.maxSafeNat()),
      string: fc.oneof(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
        fc.constantFrom(
          'header',
          'cookie',
          'path',
          'exact',
          'suffix',
          'present',
          'x-a',
          '\ud800',
          'x'.repeat(70_000),
        ),
      ),
      boolean: fc.boolean(),
    })
    .map(
      (values): Swap =>
        (former) => {
          const kind = typeof former;
          if (kind === 'number' || kind === 'string' || kind === 'boolean') return values[kind];
          return Array.isArray(former) ? [...former, ...former] : {};
        },
    ),
);

describe('a broken plugin configuration', () => {
  it('with bytes changed is accepted or refused with a reason', { timeout: timeLimitMillis }, () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        valid,
        fc.array(edit, { minLength: 1, maxLength: 2 }),
        fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, place),
        requests,
        (document, edits, kept, arrivals) => {
          const whole = edited(document, edits);
          const bytes = whole.subarray(0, Math.ceil(whole.length * kept));
          const simulator = start(bytes);
          if (simulator === undefined) refused++;
          else {
            accepted++;
            serve(simulator, arrivals);
          }
        },
      ),
      runs(301, 2500),
    );
    expect(accepted).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });

  it('with values swapped is accepted or refused with a reason', { timeout: timeLimitMillis }, () => {
    let accepted = 0;
    let refused = 0;
    const swaps = fc.array(fc.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 7 }), swap), {
      minLength: 1,
      maxLength: 2,
    });
    fc.assert(
      fc.property(valid, swaps, requests, (document, changes, arrivals) => {
        const swapped = changes.reduce<unknown>(
          (whole, [picks, swap]) => swapValue(whole, picks, swap),
          document,
        );
        // A table for a million keys is as good as one for a few, only slower to make.
        const text = JSON.stringify(swapped).replace(/"keyCapacity":\d{6,}/, '"keyCapacity":99999');
        const simulator = start(text);
        if (simulator === undefined) refused++;
        else {
          accepted++;
          serve(simulator, arrivals);
        }
      }),
      runs(302, 1500),
    );
    expect(accepted).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });

  it('with fields doubled is accepted or refused with a reason', { timeout: timeLimitMillis }, () => {
    const fields = [
      ...JSON.stringify([rich, plain]).matchAll(
        /"\w+":(?:"[^"\\]*"|-?\d+|true|\[[^\][{}]*\]|\{[^{}[\]]*\})/g,
      ),
    ];
    const field = fc.constantFrom(...fields.map(([text]) => text));
    fc.assert(
      fc.property(
        valid,
        fc.array(fc.tuple(place, field), { minLength: 1, maxLength: 3 }),
        requests,
        (document, added, arrivals) => {
          let text = JSON.stringify(document);
          for (const [share, extra] of added) {
            const braces = [...text.matchAll(/\{(?=")/g)];
            const after = braces[Math.floor(braces.length * share)]!.index + 1;
            text = `${text.slice(0, after)}${extra},${text.slice(after)}`;
          }
          const simulator = start(text);
          if (simulator !== undefined) serve(simulator, arrivals);
        },
      ),
      runs(303, 800),
    );
  });

  it.each<[string, string | Uint8Array]>([
    ['arrays 200,000 deep', '['.repeat(200_000)],
    ['objects 100,000 deep', '{"version":'.repeat(100_000)],
    ['arrays deep in a rule', `{"version":1,"rateLimits":[{"hosts":${'['.repeat(100_000)}`],
    ['a string of 1 MiB that does not end', `{"version":1,"${'x'.repeat(1 << 20)}`],
    ['a field of 1 MiB', `{"version":1,"${'x'.repeat(1 << 20)}":1}`],
    ['a name of escapes only', `{"version":1,"rateLimits":[{"name":"${'\\u0000'.repeat(50_000)}"}]}`],
    ['a number of 100,000 digits', `{"version":${'1'.repeat(100_000)}}`],
    ['an exponent of 100,000 digits', `{"version":1e${'1'.repeat(100_000)}}`],
    ['a fraction of 100,000 digits', `{"version":1.${'0'.repeat(100_000)}1}`],
    ['white space alone', ' \n'.repeat(100_000)],
    ['NULs alone', new Uint8Array(100_000)],
    ['0xff alone', new Uint8Array(100_000).fill(255)],
    ['a backslash at the very end', '{"version":1,"rateLimits":[{"name":"\\'],
  ])('of %s is refused with a reason', (_, configuration) => {
    expect(start(configuration)).toBeUndefined();
  });

  it('leaves the one before in force, and no trace in memory', { timeout: timeLimitMillis }, () => {
    const simulator = createSimulator({ module: moduleBytes, configuration: plain, logLevel: 'error' });
    let accepted = 0;
    let settledBytes = 0;
    const update = fc.tuple(
      valid,
      fc.oneof(fc.array(edit, { minLength: 1, maxLength: 2 }), fc.constant<Edit[]>([])),
    );
    fc.assert(
      fc.property(update, request, ([document, edits], arrival) => {
        const bytes = edited(document, edits);
        const result = simulator.updateConfiguration(bytes);
        if (result.accepted) {
          expect(result.failures).toEqual([]);
          accepted++;
        } else reasonOf(result.error);
        serve(simulator, [arrival]);
        if (accepted === 50) settledBytes = simulator.memoryBytes(0);
      }),
      runs(304, 800),
    );
    expect(accepted).toBeGreaterThan(100);
    expect(simulator.memoryBytes(0)).toBeLessThanOrEqual(settledBytes * 2);
  });
});
