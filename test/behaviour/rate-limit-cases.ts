import type { BehaviourCase } from './behaviour-case.ts';

/** A RateLimitPolicy with these rules; the first rule's text is completed with the case's host. */
function rules(...texts: string[]): string {
  const indented = texts
    .map((text) => text.trim().replace(/^/gm, '    ').replace(/^ {4}/, '  - '))
    .join('\n');
  return `---
apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata: { name: "{name}", namespace: default }
spec:
  targetRefs: [{ group: sluice.dev, kind: VirtualHost, name: "{host}" }]
  rules:
${indented}
`;
}

function asm(configs: string): string {
  return `---
apiVersion: istio.alibabacloud.com/v1
kind: ASMLocalRateLimiter
metadata: { name: "{name}", namespace: default }
spec:
  isGateway: true
  configs:
${configs.replace(/^/gm, '  ')}
`;
}

const threePerMinute = 'limit: { tokenBucket: { maxTokens: 3, fillInterval: 60s } }';
/** One rule with three tokens and these conditions: what matches is counted, what does not passes. */
const threeWhere = (match: string) => rules(`name: a\nmatch: ${match}\n${threePerMinute}`);
const threeEach = (key: string) => rules(`name: a\nkey: [${key}]\n${threePerMinute}`);
const limited = { 200: 3, 429: 2 };
const free = { 200: 5 };

export const rateLimitCases: BehaviourCase[] = [
  {
    name: 'the quota passes and the next request is refused, while another host is untouched',
    policies: asm(
      `- match: { vhost: { name: "{host}", port: 80 } }\n  limit: { fill_interval: { seconds: 60 }, quota: 10 }`,
    ),
    steps: [
      { times: 10, expect: { 200: 10 } },
      {
        expect: { 429: 1 },
        headersOfLast: { 'x-local-rate-limit': 'true', 'retry-after': '6', 'x-ratelimit-limit': null },
      },
      { host: 'elsewhere.example', times: 15, expect: { 200: 15 } },
    ],
  },
  {
    name: 'an authority with the port that the policy names is limited with the one without',
    policies: asm(
      `- match: { vhost: { name: "{host}", port: 80 } }\n  limit: { fill_interval: { seconds: 60 }, quota: 3 }`,
    ),
    steps: [
      { host: '{host}:80', times: 2, expect: { 200: 2 } },
      { times: 2, expect: { 200: 1, 429: 1 } },
      { host: '{host}:8123', times: 4, expect: { 200: 4 } },
    ],
  },
  {
    name: 'hosts are compared without case',
    policies: threeWhere('{ methods: [GET] }'),
    steps: [{ host: 'CASE-2.Example', times: 5, expect: limited }],
  },
  {
    name: 'a refusal carries the body, headers and status the policy asks for',
    policies: asm(`- match: { vhost: { name: "{host}" } }
  limit:
    fill_interval: { seconds: 60 }
    quota: 1
    status: 503
    custom_response_body: '{"error":"slow down"}'
    response_header_to_add: { x-limited: "yes", x-by: sluice }`),
    steps: [
      { expect: { 200: 1 } },
      {
        expect: { 503: 1 },
        bodyOfLast: '{"error":"slow down"}',
        headersOfLast: { 'x-limited': 'yes', 'x-by': 'sluice', 'x-local-rate-limit': 'true' },
      },
    ],
  },
  {
    name: 'a gRPC request is refused with a gRPC status',
    policies: rules(
      `name: a\nlimit: { tokenBucket: { maxTokens: 1, fillInterval: 60s } }\nresponse: { body: "no more" }`,
    ),
    steps: [
      { method: 'POST', headers: { 'content-type': 'application/grpc' }, expect: { 200: 1 } },
      {
        method: 'POST',
        headers: { 'content-type': 'application/grpc+proto' },
        expect: { 200: 1 },
        headersOfLast: { 'grpc-status': '8', 'grpc-message': 'no more' },
      },
      { method: 'POST', headers: { 'content-type': 'application/grpc-web' }, expect: { 429: 1 } },
    ],
  },
  {
    name: 'the gRPC status is the one asked for',
    policies: rules(
      `name: a\nlimit: { tokenBucket: { maxTokens: 1, fillInterval: 60s } }\nresponse: { grpcStatus: 14 }`,
    ),
    steps: [
      { expect: { 200: 1 } },
      {
        headers: { 'content-type': 'application/grpc' },
        expect: { 200: 1 },
        headersOfLast: { 'grpc-status': '14' },
      },
    ],
  },
  {
    name: 'limit, remaining and reset are told when asked for',
    policies: rules(
      `name: a\nlimit: { tokenBucket: { maxTokens: 4, fillInterval: 60s } }\nresponse: { rateLimitHeaders: true }`,
    ),
    steps: [
      {
        expect: { 200: 1 },
        headersOfLast: { 'x-ratelimit-limit': '4', 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '15' },
      },
      {
        times: 3,
        expect: { 200: 3 },
        headersOfLast: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' },
      },
      {
        expect: { 429: 1 },
        headersOfLast: {
          'x-ratelimit-limit': '4',
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': '15',
          'retry-after': '15',
        },
      },
    ],
  },
  {
    name: 'refill is continuous: 2 per 2 s gives one after 1 s',
    policies: rules(`name: a\nlimit: { tokenBucket: { maxTokens: 2, fillInterval: 2s } }`),
    steps: [
      { times: 3, expect: { 200: 2, 429: 1 }, headersOfLast: { 'retry-after': '1' } },
      { waitMillis: 1050, times: 2, expect: { 200: 1, 429: 1 } },
    ],
  },
  {
    name: 'a sliding window gives nothing back before the window has passed',
    policies: rules(`name: a\nlimit: { slidingWindow: { maxRequests: 2, window: 1s } }`),
    steps: [
      { times: 3, expect: { 200: 2, 429: 1 } },
      { waitMillis: 600, expect: { 429: 1 } },
      { waitMillis: 600, times: 3, expect: { 200: 2, 429: 1 } },
    ],
  },
  {
    name: 'a request that one limit refuses has spent nothing from another',
    policies: rules(
      `name: wide\nlimit: { tokenBucket: { maxTokens: 6, fillInterval: 600s } }`,
      `name: narrow\nmatch: { path: { prefix: /narrow } }\nlimit: { tokenBucket: { maxTokens: 1, fillInterval: 600s } }`,
    ),
    steps: [
      { path: '/narrow', times: 9, expect: { 200: 1, 429: 8 } },
      { path: '/wide', times: 9, expect: { 200: 5, 429: 4 } },
    ],
  },
  {
    name: 'the wait told is the longest of all limits that refuse',
    policies: rules(
      `name: short\nlimit: { tokenBucket: { maxTokens: 1, fillInterval: 20s } }`,
      `name: long\nlimit: { tokenBucket: { maxTokens: 1, fillInterval: 300s } }`,
    ),
    steps: [{ expect: { 200: 1 } }, { expect: { 429: 1 }, headersOfLast: { 'retry-after': '300' } }],
  },
  {
    name: 'shadow mode refuses nothing',
    policies: rules(`name: a\nshadowMode: true\n${threePerMinute}`),
    steps: [{ times: 5, expect: free }],
  },
  {
    name: 'a rule in shadow does not keep one in force from counting',
    policies: rules(
      `name: a\nshadowMode: true\nlimit: { tokenBucket: { maxTokens: 1, fillInterval: 60s } }`,
      `name: b\n${threePerMinute}`,
    ),
    steps: [{ times: 5, expect: limited }],
  },
  {
    name: 'a fixed cost takes that many tokens',
    policies: rules(
      `name: a\ncost: { fixed: 4 }\nlimit: { tokenBucket: { maxTokens: 10, fillInterval: 600s } }`,
    ),
    steps: [{ times: 3, expect: { 200: 2, 429: 1 }, headersOfLast: { 'retry-after': '120' } }],
  },
  {
    name: 'a cost from a header is taken, kept between 1 and the largest',
    policies: rules(
      `name: a\ncost: { header: x-cost, default: 2, max: 5 }\nlimit: { tokenBucket: { maxTokens: 10, fillInterval: 6000s } }`,
    ),
    steps: [
      { headers: { 'x-cost': '1000' }, expect: { 200: 1 } },
      { headers: { 'x-cost': '0' }, expect: { 200: 1 } },
      { headers: { 'x-cost': 'many' }, expect: { 200: 1 } },
      { headers: { 'x-cost': '-5' }, expect: { 429: 0, 200: 1 } },
      { headers: { 'x-cost': '1' }, expect: { 429: 1 } },
    ],
  },
  {
    name: 'one bucket for each value of a header, and one for those without',
    policies: threeEach('{ header: X-User }'),
    steps: [
      { headers: { 'x-user': 'ann' }, times: 5, expect: limited },
      { headers: { 'x-user': 'bob' }, times: 5, expect: limited },
      { times: 5, expect: limited },
    ],
  },
  {
    name: 'requests without the key are left alone where the policy says so',
    policies: rules(`name: a\nkey: [{ header: x-user }]\nwhenKeyMissing: skip\n${threePerMinute}`),
    steps: [
      { times: 5, expect: free },
      { headers: { 'x-user': 'ann' }, times: 5, expect: limited },
    ],
  },
  {
    name: 'one bucket for each cookie value, wherever the cookie stands',
    policies: threeEach('{ cookie: session }'),
    steps: [
      { headers: { cookie: 'a=1; session=one; b=2' }, times: 2, expect: { 200: 2 } },
      { headers: { cookie: 'session=one' }, times: 3, expect: { 200: 1, 429: 2 } },
      { headers: { cookie: 'xsession=one; session=two' }, times: 5, expect: limited },
    ],
  },
  {
    name: 'one bucket for each value of a query parameter',
    policies: threeEach('{ queryParameter: user }'),
    steps: [
      { path: '/a?user=ann&x=1', times: 2, expect: { 200: 2 } },
      { path: '/b?x=2&user=ann', times: 3, expect: { 200: 1, 429: 2 } },
      { path: '/a?user=bob', times: 5, expect: limited },
    ],
  },
  {
    name: 'one bucket for each path, whatever its query',
    policies: threeEach('{ path: {} }'),
    steps: [
      { path: '/a?x=1', times: 2, expect: { 200: 2 } },
      { path: '/a?x=2', times: 3, expect: { 200: 1, 429: 2 } },
      { path: '/b', times: 5, expect: limited },
    ],
  },
  {
    name: 'one bucket for each method and user together',
    policies: threeEach('{ method: {} }, { header: x-user }'),
    steps: [
      { method: 'GET', headers: { 'x-user': 'ann' }, times: 5, expect: limited },
      { method: 'POST', headers: { 'x-user': 'ann' }, times: 5, expect: limited },
      { method: 'GET', headers: { 'x-user': 'bob' }, times: 5, expect: limited },
    ],
  },
  {
    name: 'the parts of a key do not run into one another',
    policies: threeEach('{ header: x-a }, { header: x-b }'),
    steps: [
      { headers: { 'x-a': 'ab', 'x-b': 'c' }, times: 5, expect: limited },
      { headers: { 'x-a': 'a', 'x-b': 'bc' }, times: 5, expect: limited },
      { headers: { 'x-a': 'abc' }, times: 5, expect: limited },
      { headers: { 'x-b': 'abc' }, times: 5, expect: limited },
    ],
  },
  {
    name: 'one bucket for each client address',
    policies: threeEach('{ clientAddress: {} }'),
    steps: [
      { from: '127.0.0.1', times: 5, expect: limited },
      { from: '127.0.0.2', times: 5, expect: limited },
    ],
  },
  {
    name: 'one bucket for each network of client addresses',
    policies: threeEach('{ clientAddress: { ipv4PrefixLength: 24 } }'),
    steps: [
      { from: '127.0.0.1', times: 2, expect: { 200: 2 } },
      { from: '127.0.0.9', times: 3, expect: { 200: 1, 429: 2 } },
      { from: '127.0.1.1', times: 5, expect: limited },
    ],
  },
  {
    name: 'one bucket for each downstream connection',
    policies: asm(
      `- match: { vhost: { name: "{host}" } }\n  limit: { fill_interval: { seconds: 60 }, quota: 3, per_downstream_connection: true }`,
    ),
    steps: [
      { connection: 'first', times: 5, expect: limited },
      { connection: 'second', times: 5, expect: limited },
      { connection: 'first', times: 2, expect: { 429: 2 } },
    ],
  },
  ...[
    ['exact', '{ name: x-a, exact: one }', { 'x-a': 'one' }, { 'x-a': 'ones' }],
    ['exact, of an empty value', '{ name: x-a, exact: "" }', { 'x-a': '' }, { 'x-a': 'one' }],
    ['prefix', '{ name: x-a, prefix: on }', { 'x-a': 'one' }, { 'x-a': 'no' }],
    ['suffix', '{ name: x-a, suffix: ne }', { 'x-a': 'one' }, { 'x-a': 'net' }],
    ['contains', '{ name: x-a, contains: n }', { 'x-a': 'one' }, { 'x-a': 'two' }],
    ['without case', '{ name: x-a, exact: ONE, ignoreCase: true }', { 'x-a': 'oNe' }, { 'x-a': 'two' }],
    ['regular, and whole', '{ name: x-a, regex: "o(n|x)+e?" }', { 'x-a': 'onnxe' }, { 'x-a': 'one ' + 'x' }],
    ['present', '{ name: x-a, present: true }', { 'x-a': '' }, { 'x-b': 'one' }],
    ['absent', '{ name: x-a, present: true, invert: true }', { 'x-b': 'one' }, { 'x-a': 'one' }],
    [
      'inverted, which needs the header all the same',
      '{ name: x-a, exact: one, invert: true }',
      { 'x-a': 'two' },
      {},
    ],
    ['inverted', '{ name: x-a, exact: one, invert: true }', { 'x-a': 'two' }, { 'x-a': 'one' }],
    [
      'joined where a header comes twice',
      '{ name: x-a, exact: "one,two" }',
      { 'x-a': ['one', 'two'] },
      { 'x-a': ['two', 'one'] },
    ],
  ].map(
    ([how, matcher, matching, other]): BehaviourCase => ({
      name: `a header matcher: ${how as string}`,
      policies: threeWhere(`{ headers: [${matcher as string}] }`),
      steps: [
        { headers: other as Record<string, string>, times: 5, expect: free },
        { headers: matching as Record<string, string>, times: 5, expect: limited },
      ],
    }),
  ),
  {
    name: 'path, method, query and cookie must all match',
    policies: threeWhere(
      '{ path: { regex: "/v[0-9]+/.*" }, methods: [POST, PUT], queryParameters: [{ name: q, exact: "1" }], cookies: [{ name: c, present: true }] }',
    ),
    steps: [
      { method: 'POST', path: '/v1/a?q=1', headers: { cookie: 'c=x' }, times: 5, expect: limited },
      { method: 'GET', path: '/v1/a?q=1', headers: { cookie: 'c=x' }, expect: { 200: 1 } },
      { method: 'POST', path: '/vx/a?q=1', headers: { cookie: 'c=x' }, expect: { 200: 1 } },
      { method: 'POST', path: '/v1/a?q=2', headers: { cookie: 'c=x' }, expect: { 200: 1 } },
      { method: 'POST', path: '/v1/a?q=1', expect: { 200: 1 } },
      { method: 'PUT', path: '/v2/b?q=1', headers: { cookie: 'c=' }, expect: { 429: 1 } },
    ],
  },
  {
    name: 'client address ranges, and all but them',
    policies: rules(
      `name: in\nmatch: { path: { exact: /in }, clientAddresses: { ranges: [127.0.0.0/30] } }\n${threePerMinute}`,
      `name: out\nmatch: { path: { exact: /out }, clientAddresses: { ranges: [127.0.0.0/30, "::1/128"], invert: true } }\n${threePerMinute}`,
    ),
    steps: [
      { path: '/in', from: '127.0.0.2', times: 5, expect: limited },
      { path: '/in', from: '127.0.0.4', times: 5, expect: free },
      { path: '/out', from: '127.0.0.2', times: 5, expect: free },
      { path: '/out', from: '127.0.0.4', times: 5, expect: limited },
    ],
  },
  {
    name: 'the first override that matches replaces the limit, with a bucket of its own',
    policies: asm(`- match: { vhost: { name: "{host}" } }
  limit: { fill_interval: { seconds: 60 }, quota: 3 }
  limit_overrides:
  - request_match: { header_match: [{ name: x-plan, exact_match: gold }] }
    limit: { fill_interval: { seconds: 60 }, quota: 5 }
  - request_match: { query_match: [{ name: plan, exact_match: gold }] }
    limit: { fill_interval: { seconds: 60 }, quota: 1 }`),
    steps: [
      { times: 5, expect: limited },
      { headers: { 'x-plan': 'gold' }, path: '/?plan=gold', times: 6, expect: { 200: 5, 429: 1 } },
      { path: '/?plan=gold', times: 2, expect: { 200: 1, 429: 1 } },
    ],
  },
  {
    name: 'a route that a policy names is the one that is limited',
    policies: asm(
      `- match: { vhost: { name: "{host}", route: { name_match: main } } }\n  limit: { fill_interval: { seconds: 60 }, quota: 3 }`,
    ),
    steps: [{ times: 5, expect: limited }],
  },
  {
    name: 'a suffix covers the hosts below it and not the one above',
    policies: rules(`name: a\nmatch: { hosts: ["*.{host}"] }\n${threePerMinute}`).replace(
      / {2}targetRefs.*\n/,
      '',
    ),
    steps: [
      { host: 'a.{host}', times: 2, expect: { 200: 2 } },
      { host: 'b.a.{host}', times: 3, expect: { 200: 1, 429: 2 } },
      { times: 5, expect: free },
    ],
  },
  {
    name: 'a suffix covers a host that is longer than any DNS name',
    policies: rules(`name: a\nmatch: { hosts: ["*.{host}"] }\n${threePerMinute}`).replace(
      / {2}targetRefs.*\n/,
      '',
    ),
    steps: [{ host: `${'a'.repeat(400)}.{host}`, times: 5, expect: limited }],
  },
  {
    name: 'a matcher on host looks at the authority',
    policies: threeWhere('{ headers: [{ name: Host, exact: "{host}" }] }'),
    steps: [{ times: 5, expect: limited }],
  },
  {
    name: 'a service is known by its short names too',
    policies: `---
apiVersion: istio.alibabacloud.com/v1beta1
kind: ASMLocalRateLimiter
metadata: { name: "{name}", namespace: default }
spec:
  configs:
  - match: { vhost: { name: "{name}-svc.shop.svc.cluster.local", port: 80 } }
    limit: { fill_interval: { seconds: 60 }, quota: 4 }
`,
    steps: [
      { host: '{name}-svc.shop.svc.cluster.local', expect: { 200: 1 } },
      { host: '{name}-svc.shop', expect: { 200: 1 } },
      { host: '{name}-svc.shop.svc:80', expect: { 200: 1 } },
      { host: '{name}-svc', times: 3, expect: { 200: 1, 429: 2 } },
    ],
  },
];
