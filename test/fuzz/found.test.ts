import { describe, expect, it } from 'vitest';
import type { RateLimitRule } from '../../host/src/plan/plugin-configuration.ts';
import type { RequestOptions, Simulator } from '../../host/src/simulator/index.ts';
import { createSimulator } from '../../host/src/simulator/index.ts';
import { isAdmitted, secondNanos, simulate, tokenBucket } from '../module/modules.ts';
import { moduleBytes } from './runs.ts';

/**
 * What the fuzz tests found, each in a few lines, so that it stays mended.
 */

const once = { algorithm: 'slidingWindow', maxRequests: 1, windowNanos: 86_400 * secondNanos } as const;

/** Whether a rule of these fields limits the request: then the second of its kind is refused. */
function limits(fields: Partial<RateLimitRule>, request: RequestOptions): boolean {
  const simulator = start({ ...fields });
  isAdmitted(simulator, request);
  return !isAdmitted(simulator, request);
}

function start(fields: Partial<RateLimitRule>): Simulator {
  return simulate([{ name: 'a', limit: once, ...fields }], { module: moduleBytes });
}

function retryAfter(simulator: Simulator, headers: Record<string, string>): number | undefined {
  const { outcome } = simulator.request({ headers });
  if (outcome.kind !== 'localReply') throw new Error(`expected a refusal, got ${outcome.kind}`);
  const header = outcome.headers.find(([name]) => name === 'retry-after');
  return header && Number(header[1]);
}

function refusalOf(configuration: string): string {
  try {
    createSimulator({ module: moduleBytes, configuration });
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('three headers of one name', () => {
  const match = (value: string): Partial<RateLimitRule> => ({
    match: [{ on: 'header', name: 'x', is: 'exact', value }],
  });
  const three = (second: string, third: string): RequestOptions => ({
    headers: [
      ['x', 'a'],
      ['x', second],
      ['x', third],
    ],
  });

  it('are joined in their order', () => {
    expect(limits(match('a,b,c'), three('b', 'c'))).toBe(true);
  });

  it('do not bring the module down', () => {
    const simulator = start(match('q'));
    for (let time = 0; time < 2; time++) {
      expect(simulator.request(three('', 'z'.repeat(56_000))).outcome.kind).toBe('admitted');
    }
  });
});

describe('a host', () => {
  it('longer than any DNS name is covered by a suffix too, as Envoy routes it', () => {
    expect(limits({ hosts: ['*.example'] }, { authority: `${'x.'.repeat(150)}example` })).toBe(true);
  });

  it('with a port that is none is covered without it, as Envoy routes it', () => {
    expect(limits({ hosts: ['a.example'] }, { authority: 'a.example:x' })).toBe(true);
  });

  it('with a port of many digits is covered without it, as Envoy routes it', () => {
    expect(limits({ hosts: ['a.example'] }, { authority: 'a.example:9999999' })).toBe(true);
  });
});

describe('a client address', () => {
  it('that is missing satisfies no inverted range', () => {
    const match = [{ on: 'clientAddress' as const, ranges: ['10.0.0.0/8'], invert: true }];
    expect(limits({ match }, { sourceAddress: '@socket' })).toBe(false);
  });

  it('of IPv4 is in no range of IPv6', () => {
    expect(
      limits({ match: [{ on: 'clientAddress', ranges: ['::/0'] }] }, { sourceAddress: '10.0.0.1:1' }),
    ).toBe(false);
  });
});

describe('a key', () => {
  it('that is missing shares the bucket of the empty one', () => {
    const simulator = start({ key: [{ on: 'header', name: 'x' }] });
    expect(isAdmitted(simulator, {})).toBe(true);
    expect(isAdmitted(simulator, { headers: { x: '' } })).toBe(false);
  });

  it('has another bucket under an override, though its numbers are the same', () => {
    const simulator = start({
      key: [{ on: 'host' }],
      overrides: [{ match: [{ on: 'header', name: 'x', is: 'present' }], limit: once }],
    });
    isAdmitted(simulator, {});
    expect(isAdmitted(simulator, {})).toBe(false);
    expect(isAdmitted(simulator, { headers: { x: '' } })).toBe(true);
  });
});

it('a rule named as an override is kept has a bucket of its own', () => {
  const overrides = [{ match: [{ on: 'header' as const, name: 'x', is: 'present' as const }], limit: once }];
  const rules: RateLimitRule[] = [
    { name: 'a', hosts: ['a.example'], limit: once, overrides },
    { name: 'a?0', hosts: ['b.example'], limit: once },
  ];
  const simulator = simulate(rules, { module: moduleBytes });
  isAdmitted(simulator, { authority: 'a.example', headers: { x: '' } });
  expect(isAdmitted(simulator, { authority: 'b.example' })).toBe(true);
});

describe('a refusal', () => {
  const cost = { header: 'x-cost', max: 10 };
  it.each<[string, Partial<RateLimitRule>]>([
    ['of a keyed bucket', { key: [{ on: 'host' }] }],
    ['of a shared bucket', {}],
  ])('%s tells the wait of this request, not of a cheaper one just before', (_, fields) => {
    const simulator = start({ ...fields, limit: tokenBucket(10, 10), cost });
    isAdmitted(simulator, { headers: { 'x-cost': '10' } });
    expect(retryAfter(simulator, { 'x-cost': '1' })).toBe(1);
    expect(retryAfter(simulator, { 'x-cost': '10' })).toBe(10);
  });

  it('tells no wait that has run over', () => {
    const day = 86_400;
    const simulator = start({
      limit: tokenBucket(1_000_000, day, 1),
      cost: { header: 'x-cost', max: 1_000_000 },
    });
    isAdmitted(simulator, { headers: { 'x-cost': '1000000' } });
    // 2,700 years are more than 2^64 ns, and nothing to come back for.
    expect(retryAfter(simulator, { 'x-cost': '1000000' })).toBeUndefined();
  });
});

describe('a huge and slow bucket', () => {
  it('fills no faster than told', () => {
    const maxTokens = Number.MAX_SAFE_INTEGER;
    const simulator = start({
      limit: tokenBucket(maxTokens, 366 * 86_400, 1),
      cost: { header: 'x-cost', max: maxTokens },
    });
    isAdmitted(simulator, { headers: { 'x-cost': String(maxTokens) } });
    simulator.advanceNanos(3600n * BigInt(secondNanos));
    expect(isAdmitted(simulator)).toBe(false);
  });
});

describe('a refused configuration', () => {
  it.each([10, 26, 42])('with \\u at the end of a text of %i is no trap', (length) => {
    expect(refusalOf(`{"version":1,"rateLimits":[{"name":"${'a'.repeat(length)}\\u"}]}`)).toContain(
      'four hexadecimal digits',
    );
  });

  it('names its reason although it switches the log off', () => {
    expect(refusalOf('{"version":1,"logLevel":"off","rateLimits":[{}]}')).toContain(
      'expected a rule with a "name"',
    );
  });
});

it('the log level is the default again when a configuration no longer sets it', () => {
  const simulator = createSimulator({
    module: moduleBytes,
    configuration: { version: 1, logLevel: 'info' },
    logLevel: 'debug',
  });
  const configuredBefore = simulator.logs.length;
  simulator.updateConfiguration({ version: 1 });
  const later = simulator.logs.slice(configuredBefore).filter(({ thread }) => thread !== 'canary');
  expect(later).toEqual([]);
});
