import { describe, expect, it } from 'vitest';
import { encodePattern } from '../../host/src/plan/regular-expression/index.ts';
import { createSimulator } from '../../host/src/simulator/index.ts';
import { rateLimitModule, tokenBucket } from './modules.ts';

/** What the module says of a configuration: `accepted`, or its reason. */
function verdict(configuration: unknown): string {
  try {
    createSimulator({ module: rateLimitModule, configuration });
    return 'accepted';
  } catch (error) {
    const reason = /plugin configuration refused: (.*)/.exec((error as Error).message);
    if (reason === null) throw error;
    return reason[1]!;
  }
}

const rule = { name: 'a', limit: tokenBucket(10, 60) };
const withRule = (changes: object) => ({ version: 1, rateLimits: [{ ...rule, ...changes }] });
const encoded = encodePattern('a+b?');
if (!encoded.ok) throw new Error(encoded.message);
const { pattern } = encoded;

describe('plugin configuration', () => {
  it.each<[string, unknown]>([
    ['the least one', { version: 1 }],
    ['one rule', withRule({})],
    ['white space', ' { "version" : 1 , "rateLimits" : [ ] } \n'],
    [
      'numbers with fractions and exponents that are whole',
      '{"version":1.0,"rateLimits":[{"name":"a","limit":{"algorithm":"tokenBucket","maxTokens":1e1,"tokensPerFill":10.0,"fillIntervalNanos":6e+10}}]}',
    ],
    [
      'escapes',
      '{"version":1,"rateLimits":[{"name":"\\u0061\\u00e9\\ud83d\\ude00","limit":{"algorithm":"tokenBucket","maxTokens":1,"tokensPerFill":1,"fillIntervalNanos":60000000000}}]}',
    ],
    [
      'a sliding window',
      withRule({ limit: { algorithm: 'slidingWindow', maxRequests: 5, windowNanos: 1e9 } }),
    ],
    [
      'a pattern',
      {
        version: 1,
        patterns: [pattern],
        ...{ rateLimits: [{ ...rule, match: [{ on: 'path', is: 'regex', pattern: 0 }] }] },
      },
    ],
    [
      'every field',
      withRule({
        hosts: ['A.example', '*.b', '*'],
        ports: [80],
        routes: ['r'],
        overrides: [{ match: [{ on: 'query', name: 'q', is: 'present' }], limit: tokenBucket(10, 1) }],
        key: [{ on: 'clientAddress', ipv4PrefixLength: 24 }, { on: 'connection' }],
        keyCapacity: 32,
        whenKeyMissing: 'skip',
        cost: { header: 'x', default: 2, max: 10 },
        shadowMode: true,
        response: {
          status: 503,
          body: 'no',
          headers: [['x-a', 'b']],
          grpcStatus: 14,
          rateLimitHeaders: true,
        },
        match: [{ on: 'clientAddress', ranges: ['10.0.0.0/8', '::1'], invert: true }],
      }),
    ],
  ])('accepts %s', (_, configuration) => {
    expect(verdict(configuration)).toBe('accepted');
  });

  it.each<[unknown, string]>([
    ['', 'expected an object, got the end of the document'],
    ['[]', 'expected an object, got ['],
    [{}, 'expected "version": 1, got none'],
    [{ version: 2 }, 'version: expected a whole number from 1 to 1, got 2'],
    ['{"version":1,}', 'version: expected a value after ",", got }'],
    ['{"version":1} x', 'expected the end of the document, got x'],
    ['{"version":1', 'version: expected "," or "}", got the end of the document'],
    [{ version: 1, rateLimit: [] }, 'rateLimit: expected no field of this name'],
    [withRule({ name: '' }), 'rateLimits[0].name: expected a text that is not empty'],
    [
      { version: 1, rateLimits: [rule, rule] },
      'rateLimits[1]: expected a name of its own, got that of another rule',
    ],
    [{ version: 1, rateLimits: [{ name: 'a' }] }, 'rateLimits[0]: expected a rule with a "limit", got none'],
    [
      withRule({ limit: tokenBucket(0, 1) }),
      'rateLimits[0].limit.maxTokens: expected a whole number from 1 to 9007199254740991, got 0',
    ],
    [
      withRule({ limit: tokenBucket(1.5, 1) }),
      'rateLimits[0].limit.maxTokens: expected a whole number from 1 to 9007199254740991, got 1.5',
    ],
    [
      withRule({ limit: tokenBucket(-1, 1) }),
      'rateLimits[0].limit.maxTokens: expected a whole number from 1 to 9007199254740991, got -1',
    ],
    [
      withRule({ limit: tokenBucket(2 ** 53, 1) }),
      'rateLimits[0].limit.maxTokens: expected a whole number from 1 to 9007199254740991, got 9007199254740992',
    ],
    [
      withRule({ limit: tokenBucket(1e300, 1) }),
      'rateLimits[0].limit.maxTokens: expected a whole number from 1 to 9007199254740991, got 1e+300',
    ],
    [
      withRule({ limit: { ...tokenBucket(1, 1), maxTokens: '5' } }),
      'rateLimits[0].limit.maxTokens: expected a whole number from 1 to 9007199254740991, got "5"',
    ],
    [
      withRule({ limit: tokenBucket(1, 0) }),
      'rateLimits[0].limit.fillIntervalNanos: expected a whole number from 1000000 to 31622400000000000, got 0',
    ],
    [
      withRule({ limit: { ...tokenBucket(1, 1), maxRequests: 3 } }),
      'rateLimits[0].limit: expected "algorithm" tokenBucket with maxTokens, tokensPerFill and fillIntervalNanos, or slidingWindow with maxRequests and windowNanos',
    ],
    [
      withRule({ cost: { fixed: 11 } }),
      'rateLimits[0]: expected a cost of at most 10, the size of the bucket',
    ],
    [
      withRule({ cost: { header: 'x' } }),
      'rateLimits[0].cost: expected either "fixed" alone, or "header" with "max"',
    ],
    [
      withRule({ match: [{ on: 'path', is: 'regex', pattern: 0 }] }),
      'rateLimits[0].match[0].pattern: expected the index of one of the patterns, which stand before the rules',
    ],
    [
      withRule({ match: [{ on: 'header', is: 'present' }] }),
      'rateLimits[0].match[0]: expected "name" with header, cookie and query alone',
    ],
    [
      withRule({ match: [{ on: 'clientAddress', ranges: ['10.0.0.0/33'] }] }),
      'rateLimits[0].match[0].ranges: expected address ranges such as 10.0.0.0/8 or 2001:db8::/32',
    ],
    [withRule({ key: [] }), 'rateLimits[0].key: expected at least one descriptor'],
    [
      withRule({ key: [{ on: 'moon' }] }),
      'rateLimits[0].key[0].on: expected header, cookie, query, path, method, host, flavor, clientAddress or connection',
    ],
    [
      withRule({ keyCapacity: 31 }),
      'rateLimits[0].keyCapacity: expected a whole number from 32 to 1048576, got 31',
    ],
    [
      withRule({ response: { status: 200 } }),
      'rateLimits[0].response.status: expected a whole number from 400 to 599, got 200',
    ],
    [
      withRule({ response: { headers: [['x a', 'b']] } }),
      'rateLimits[0].response.headers[0]: expected a pair of header name and value, without control characters',
    ],
    [
      withRule({ response: { headers: [['x-a', 'b\r\nx-b: c']] } }),
      'rateLimits[0].response.headers[0]: expected a pair of header name and value, without control characters',
    ],
    [
      withRule({ response: { headers: [[':status', '200']] } }),
      'rateLimits[0].response.headers[0]: expected a pair of header name and value, without control characters',
    ],
    [withRule({ name: 'a\u0000b' }), 'rateLimits[0].name: expected a name without control characters'],
    [withRule({ hosts: [] }), 'rateLimits[0].hosts: expected at least one host'],
    [
      withRule({ hosts: ['*-x.example'] }),
      'rateLimits[0].hosts: expected hosts such as a.example, *.example or *',
    ],
    [
      withRule({ hosts: ['a.example:80'] }),
      'rateLimits[0].hosts: expected hosts such as a.example, *.example or *',
    ],
    [withRule({ ports: [] }), 'rateLimits[0].ports: expected at least one port'],
    [withRule({ routes: [] }), 'rateLimits[0].routes: expected at least one route'],
    [
      withRule({ overrides: [{ limit: tokenBucket(1, 1) }] }),
      'rateLimits[0].overrides[0]: expected an override with at least one condition in "match"',
    ],
    [withRule({ cost: { fixed: 1, default: 2 } }), 'rateLimits[0].cost: expected either "fixed" alone'],
    [
      withRule({ key: [{ on: 'path', ipv4PrefixLength: 8 }] }),
      'rateLimits[0].key[0]: expected prefix lengths with clientAddress alone',
    ],
    ['\n\u0010\n\u0007version', 'expected JSON text in a google.protobuf.StringValue'],
    [
      { version: 1, patterns: [{ expression: 'a', table: 'AAAA' }] },
      'patterns[0]: expected a pattern with a complete "table" in Base64',
    ],
    [`{"version":1,"rateLimits":${'['.repeat(10_000)}`, 'rateLimits[0]: expected an object, got ['],
  ])('refuses %j', (configuration, reason) => {
    expect(verdict(configuration)).toContain(reason);
  });

  it('refuses a table that leads outside itself, wherever', () => {
    const bytes = Buffer.from(pattern.table, 'base64');
    for (let index = 0; index < bytes.length; index++) {
      const broken = Buffer.from(bytes);
      broken[index] = 0xff;
      const configuration = { version: 1, patterns: [{ expression: 'a', table: broken.toString('base64') }] };
      const isHarmless = index >= 12 + 256 && index < 12 + 256 + bytes.readUInt16LE(4) + 1;
      if (!isHarmless && index !== 10 && index !== 11)
        expect(verdict(configuration), `byte ${index}`).not.toBe('accepted');
    }
  });
});
