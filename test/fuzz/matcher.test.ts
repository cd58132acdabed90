import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  Condition,
  Descriptor,
  Limit,
  PluginConfiguration,
  RateLimitRule,
  ValueSource,
} from '../../host/src/plan/plugin-configuration.ts';
import { encodePattern } from '../../host/src/plan/regular-expression/index.ts';
import { createSimulator, type RequestOptions, type Simulator } from '../../host/src/simulator/index.ts';
import { isAdmitted, secondNanos } from '../module/modules.ts';
import { type Arrival, chosenOverride, keyOf, ruleApplies } from './naive-matcher.ts';
import { moduleBytes, runs, timeLimitMillis } from './runs.ts';

/** Which rules, overrides and buckets a request meets: the module against the contract read naively. */

const requestsPerConfiguration = 12;

/** Both RE2 and JavaScript read these alike. */
const expressions = [
  'a+b?',
  '[a-c]*',
  '(?:foo|a)/.*',
  '.*-.*',
  'A|B',
  '',
  '[^a]+',
  '(?:é|😀)+a*',
  '\\d{2,3}',
];
const patterns = expressions.map((expression) => {
  const encoded = encodePattern(expression);
  if (!encoded.ok) throw new Error(encoded.message);
  return encoded.pattern;
});

const text = fc.oneof(
  fc.constantFrom('', 'a', 'A', 'b', 'ab', 'aB', 'AB', 'a-b', 'foo/a', '12', 'é', 'É', '😀a', ',', 'a,b'),
  fc
    .array(fc.constantFrom('a', 'A', 'b', 'B', '-', '/', 'é', '1', '2', '@', '[', '`', '{', ','), {
      maxLength: 9,
    })
    .map((parts) => parts.join('')),
);

const hostNames = ['a.example', 'b.a.example', 'example', 'xn--e1.example', '[::1]', '10.0.0.1', '::1'];
const hostPattern = fc.oneof(
  fc.constantFrom(
    ...hostNames.filter((name) => name !== '::1'),
    '*',
    '*.example',
    '*.a.example',
    '*.b.a.example',
    '*.com',
    'a.example.',
  ),
);
const ports = [80, 443, 8080, 65_535];

const authority = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.constantFrom(null, '', ':80', ':', 'a:b:c', '*', '[::1', '*.example', 'a.example.'),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.constantFrom('', '', '', 'b.', 'c.b.', 'é.', `${'x'.repeat(180)}.`),
        fc.constantFrom(...hostNames, 'a.com', 'com', 'aexample', 'a.example.'),
        fc.constantFrom('', '', ':', ':80', ':443', ':0080', ':65535', ':1'),
        fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      )
      .map(([label, host, port, isUpper]) => {
        const name = /^[\d[:]/.test(host) ? host : label + host;
        const cased = [...name].map((letter, index) => (isUpper[index % 4] ? upper(letter) : letter));
        return cased.join('') + (host === '::1' ? '' : port);
      }),
  },
);

function upper(letter: string): string {
  return letter >= 'a' && letter <= 'z' ? letter.toUpperCase() : letter;
}

const headerName = fc.constantFrom('x-a', 'x-b', 'x-a-b');
const pairName = fc.constantFrom('a', 'b', 'ab', 'A');
const namedSource = fc.oneof(
  fc.record({ on: fc.constant('header' as const), name: headerName }),
  fc.record({ on: fc.constantFrom('cookie' as const, 'query' as const), name: pairName }),
);
const source: fc.Arbitrary<ValueSource> = fc.oneof(
  { weight: 3, arbitrary: namedSource },
  {
    weight: 2,
    arbitrary: fc.record({ on: fc.constantFrom('path' as const, 'method' as const, 'host' as const) }),
  },
);

// No mapped addresses (`::ffff:1.2.3.4`): the contract does not say which family they are.
const addressPool = ['10.0.0.1', '10.0.1.255', '192.168.3.4', '255.255.255.255', '0.0.0.0', '10.128.0.1'];
const addressPool6 = [
  '2001:db8::1',
  '2001:db8:0:1::ffff',
  'fe80::1',
  '1:2:3:4:5:6:7:8',
  '8000::',
  '2001:db8::1.2.3.4',
];
const range = fc.oneof(
  fc
    .tuple(fc.constantFrom(...addressPool), fc.option(fc.integer({ min: 0, max: 32 }), { nil: undefined }))
    .map(([address, length]) => (length === undefined ? address : `${address}/${length}`)),
  fc
    .tuple(fc.constantFrom(...addressPool6), fc.option(fc.integer({ min: 0, max: 128 }), { nil: undefined }))
    .map(([address, length]) => (length === undefined ? address : `${address}/${length}`)),
);
const sourceAddress = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...addressPool).chain((ip) => fc.constantFrom(ip, `${ip}:40000`)) },
  {
    weight: 8,
    arbitrary: fc.constantFrom(...addressPool6).chain((ip) => fc.constantFrom(ip, `[${ip}]:40000`)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '@socket', '/tmp/socket', '1.2.3', '1.2.3.256', '1.2.3.4.5', ':::'),
  },
);

const invert = fc.record({ invert: fc.boolean() }, { requiredKeys: [] });
const condition: fc.Arbitrary<Condition> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        source,
        fc.record(
          {
            is: fc.constantFrom('exact' as const, 'prefix' as const, 'suffix' as const, 'contains' as const),
            value: fc.oneof(text, fc.constantFrom('/', '/foo', 'GET', 'a.example', 'example')),
            ignoreCase: fc.boolean(),
            invert: fc.boolean(),
          },
          { requiredKeys: ['is', 'value'] },
        ),
      )
      .map(([on, compare]): Condition => ({ ...on, ...compare })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(source, invert).map(([on, rest]): Condition => ({ ...on, is: 'present', ...rest })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(source, fc.nat(expressions.length - 1), invert)
      .map(([on, pattern, rest]): Condition => ({ ...on, is: 'regex', pattern, ...rest })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.array(range, { minLength: 1, maxLength: 4 }), invert)
      .map(([ranges, rest]): Condition => ({ on: 'clientAddress', ranges, ...rest })),
  },
);

const descriptor: fc.Arbitrary<Descriptor> = fc.oneof(
  { weight: 4, arbitrary: source },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        on: fc.constant('clientAddress' as const),
        ipv4PrefixLength: fc.integer({ min: 0, max: 32 }),
        ipv6PrefixLength: fc.integer({ min: 0, max: 128 }),
      },
      { requiredKeys: ['on'] },
    ),
  },
  { weight: 1, arbitrary: fc.constant({ on: 'connection' as const }) },
);

type Shape = Omit<RateLimitRule, 'name' | 'limit' | 'overrides'>;
const shape: fc.Arbitrary<Shape> = fc.record(
  {
    hosts: fc.array(hostPattern, { minLength: 1, maxLength: 4 }),
    ports: fc.array(fc.constantFrom(...ports), { minLength: 1, maxLength: 3 }),
    routes: fc.array(fc.constantFrom('r1', 'r2', 'r'), { minLength: 1, maxLength: 2 }),
    match: fc.array(condition, { maxLength: 2 }),
    key: fc.array(descriptor, { minLength: 1, maxLength: 3 }),
    whenKeyMissing: fc.constantFrom('skip' as const, 'share' as const),
    keyCapacity: fc.constant(2048),
  },
  { requiredKeys: ['keyCapacity'] },
);

const pair = fc
  .tuple(pairName, text)
  .chain(([name, value]) => fc.constantFrom(`${name}=${value}`, name, `${name}=${value}=x`, `=${name}`, ''));
const cookies = fc
  .tuple(fc.array(pair, { maxLength: 4 }), fc.constantFrom(';', '; ', ' ;', ';  ', ';;'))
  .map(([pairs, separator]): [string, string] => ['cookie', pairs.join(separator)]);
const path = fc
  .tuple(
    fc.constantFrom('/', '/foo/a', '/foo', '', '/a-b', '/é'),
    fc.option(fc.array(pair, { maxLength: 4 }), { nil: undefined }),
    fc.constantFrom('&', '&&', '&?'),
  )
  .map(([base, pairs, separator]) => (pairs === undefined ? base : `${base}?${pairs.join(separator)}`));

const arrival: fc.Arbitrary<Arrival> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'get', null),
  path: fc.option(path, { freq: 12 }),
  authority,
  headers: fc.array(
    fc.oneof({ weight: 3, arbitrary: fc.tuple(headerName, text) }, { weight: 2, arbitrary: cookies }),
    {
      maxLength: 8,
    },
  ),
  sourceAddress,
  routeName: fc.constantFrom('r1', 'r2', 'r', '', undefined),
  connectionId: fc.nat(3),
});
const arrivals = fc.array(arrival, {
  minLength: requestsPerConfiguration,
  maxLength: requestsPerConfiguration,
});

function requestOf({ routeName, ...rest }: Arrival): RequestOptions {
  return routeName === undefined ? rest : { ...rest, routeName };
}

const longWindow: Limit = { algorithm: 'slidingWindow', maxRequests: 1, windowNanos: 86_400 * secondNanos };
const boundless: Limit = { ...longWindow, maxRequests: 2 ** 32 - 1 };

function start(rateLimits: RateLimitRule[]): Simulator {
  const configuration: PluginConfiguration = { version: 1, patterns, rateLimits };
  return createSimulator({ module: moduleBytes, configuration });
}

describe('the matcher', () => {
  it('applies exactly the rules of the contract', { timeout: timeLimitMillis }, () => {
    let applied = 0;
    let passedOver = 0;
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 12 }), arrivals, (shapes, requests) => {
        const rules = shapes.map(
          (each, index): RateLimitRule => ({ name: `${index}`, ...each, limit: boundless }),
        );
        const simulator = start(rules);
        const expected = rules.map(() => 0n);
        for (const request of requests) {
          expect(isAdmitted(simulator, requestOf(request))).toBe(true);
          rules.forEach((rule, index) => {
            if (ruleApplies(rule, expressions, request)) {
              expected[index]!++;
              applied++;
            } else passedOver++;
          });
          const got = rules.map(({ name }) => simulator.metrics.value(`sluice.rate_limit.${name}.admitted`));
          expect(got).toEqual(expected);
        }
      }),
      runs(101, 900),
    );
    // Both happen a lot, else this would show little.
    expect(Math.min(applied, passedOver)).toBeGreaterThan((applied + passedOver) / 20);
  });

  it('takes the first override whose conditions hold', { timeout: timeLimitMillis }, () => {
    const chosen = new Map<number, number>();
    fc.assert(
      fc.property(
        fc.array(fc.array(condition, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 4 }),
        fc.option(fc.array(descriptor, { minLength: 1, maxLength: 2 }), { nil: undefined }),
        arrivals,
        (matches, key, requests) => {
          // Each limit admits one request of cost 10 in 16 ms and tells by its size which one it is.
          const sized = (maxRequests: number): Limit => ({
            algorithm: 'slidingWindow',
            maxRequests,
            windowNanos: 16_000_000,
          });
          const rule: RateLimitRule = {
            name: 'a',
            limit: sized(10),
            overrides: matches.map((match, index) => ({ match, limit: sized(11 + index) })),
            cost: { fixed: 10 },
            response: { rateLimitHeaders: true },
            ...(key === undefined ? {} : { key, keyCapacity: 1024 }),
          };
          const simulator = start([rule]);
          for (const request of requests) {
            const expected = chosenOverride(rule, expressions, request);
            chosen.set(expected, (chosen.get(expected) ?? 0) + 1);
            expect(isAdmitted(simulator, requestOf(request))).toBe(true);
            const { outcome } = simulator.request(requestOf(request));
            if (outcome.kind !== 'localReply') throw new Error(`expected a refusal, got ${outcome.kind}`);
            const limit = outcome.headers.find(([name]) => name === 'x-ratelimit-limit');
            expect(limit).toEqual(['x-ratelimit-limit', String(11 + expected)]);
            simulator.advanceMillis(20);
          }
        },
      ),
      runs(102, 500),
    );
    for (const position of [-1, 0, 1, 2]) expect(chosen.get(position) ?? 0).toBeGreaterThan(20);
  });

  it('keeps one bucket for each key', { timeout: timeLimitMillis }, () => {
    let again = 0;
    const skipping = fc.constantFrom<Partial<Shape>>({}, { whenKeyMissing: 'skip' });
    fc.assert(
      fc.property(
        fc.oneof(shape, skipping),
        fc.array(descriptor, { minLength: 1, maxLength: 3 }),
        arrivals,
        (base, key, requests) => {
          const rule: RateLimitRule = { ...base, name: 'a', key, keyCapacity: 2048, limit: longWindow };
          const simulator = start([rule]);
          const seen = new Set<string>();
          for (const request of requests) {
            // Requests that the rule does not limit always pass.
            let expected = true;
            if (ruleApplies(rule, expressions, request)) {
              const bucket = keyOf(rule, request);
              expected = !seen.has(bucket);
              if (!expected) again++;
              seen.add(bucket);
            }
            expect(isAdmitted(simulator, requestOf(request))).toBe(expected);
          }
        },
      ),
      runs(103, 900),
    );
    expect(again).toBeGreaterThan(1000);
  });
});
