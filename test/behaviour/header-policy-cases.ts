import type { HeaderCase } from './header-case.ts';
import { headerPolicy } from './header-mutation-cases.ts';

const set = (name: string, value: string) => ({ set: { name, value } });
const rateLimit = (maxTokens: number) => `---
apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata: { name: "@name@" }
spec:
  targetRefs: [{ group: sluice.dev, kind: VirtualHost, name: "@host@" }]
  rules: [{ name: all, limit: { tokenBucket: { maxTokens: ${maxTokens}, fillInterval: 600s } } }]
`;

export const headerPolicyCases: HeaderCase[] = [
  {
    name: 'edits are carried out in their order, and see what those before have left',
    policies: headerPolicy({
      request: [
        set('x-a', '1'),
        { copy: { from: 'x-a', to: 'x-b' } },
        set('x-a', '{request.header.x-b}2'),
        { remove: { name: 'x-b' } },
        { rename: { from: 'x-a', to: 'x-c' } },
        { add: { name: 'x-c', value: '{request.header.x-c}!' } },
      ],
    }),
    steps: [
      {
        headers: [
          ['x-a', 'sent'],
          ['x-b', 'sent'],
          ['x-c', 'sent'],
        ],
        upstream: { 'x-a': null, 'x-b': null, 'x-c': ['12', '12!'] },
      },
    ],
  },
  {
    name: 'set leaves nothing of what the client sent under that name',
    policies: headerPolicy({ request: [set('X-Tier', 'free')] }),
    steps: [
      {
        headers: [
          ['x-tier', 'gold'],
          ['X-TIER', 'platinum'],
        ],
        upstream: { 'x-tier': ['free'] },
      },
      { upstream: { 'x-tier': ['free'] } },
      { headers: [['x-tier', 'free']], upstream: { 'x-tier': ['free'] } },
    ],
  },
  {
    name: 'set with an empty value leaves nothing either, and Envoy’s action keeps what there was',
    policies: headerPolicy({
      request: [
        set('x-a', '{request.header.x-missing}'),
        {
          append: { name: 'x-b', value: '{request.header.x-missing}', action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
        },
        { set: { name: 'x-c', value: '{workload}', keepEmptyValue: true } },
      ],
      response: [set('x-a', '{request.header.x-missing}')],
    }),
    steps: [
      {
        headers: [
          ['x-a', 'forged'],
          ['x-b', 'sent'],
          ['x-c', 'forged'],
        ],
        answer: { headers: [['x-a', 'secret']] },
        upstream: { 'x-a': null, 'x-b': ['sent'], 'x-c': [''] },
        client: { 'x-a': null },
      },
    ],
  },
  {
    name: 'a renamed header takes all its values along and replaces what was there',
    policies: headerPolicy({ request: [{ rename: { from: 'x-old', to: 'x-new' } }] }),
    steps: [
      {
        headers: [
          ['x-old', 'a'],
          ['x-new', 'z'],
          ['x-old', 'b'],
        ],
        upstream: { 'x-old': null, 'x-new': ['a', 'b'] },
      },
      { headers: [['x-new', 'z']], upstream: { 'x-new': ['z'] } },
    ],
  },
  {
    name: 'a copied header stays where it was',
    policies: headerPolicy({ request: [{ copy: { from: 'x-old', to: 'x-new' } }] }),
    steps: [
      {
        headers: [
          ['x-old', 'a'],
          ['x-old', 'b'],
          ['x-new', 'z'],
        ],
        upstream: { 'x-old': ['a', 'b'], 'x-new': ['a', 'b'] },
      },
    ],
  },
  {
    name: 'removal by prefix takes all headers that begin so and no other',
    policies: headerPolicy({ request: [{ removePrefix: { prefix: 'X-Internal-' } }] }),
    steps: [
      {
        headers: [
          ['x-internal-a', '1'],
          ['X-Internal-B', '2'],
          ['x-internal-a', '3'],
          ['x-internal', '4'],
          ['x-inter', '5'],
        ],
        upstream: { 'x-internal-a': null, 'x-internal-b': null, 'x-internal': ['4'], 'x-inter': ['5'] },
      },
    ],
  },
  {
    name: 'removal by prefix leaves headers about the message and the host alone',
    policies: headerPolicy({
      request: [
        { removePrefix: { prefix: 'c' } },
        { removePrefix: { prefix: 'h' } },
        { removePrefix: { prefix: 't' } },
      ],
      response: [{ removePrefix: { prefix: 'c' } }],
    }),
    steps: [
      {
        headers: [
          ['cookie', 'a=b'],
          ['c-a', '1'],
        ],
        answer: {
          headers: [
            ['content-length', '0'],
            ['content-type', 'text/plain'],
          ],
        },
        upstream: { cookie: null, 'c-a': null },
        client: { 'content-length': ['0'], 'content-type': null },
      },
    ],
  },
  {
    name: 'a table maps values, and what it does not know gets the default',
    policies: headerPolicy({
      request: [
        { map: { from: 'x-tier', to: 'x-class', values: { gold: '1', 'silver,bronze': '2' }, default: '9' } },
        { map: { from: 'x-tier', to: 'x-known', values: { gold: 'yes' } } },
      ],
    }),
    steps: [
      {
        headers: [
          ['x-tier', 'gold'],
          ['x-class', 'forged'],
        ],
        upstream: { 'x-class': ['1'], 'x-known': ['yes'] },
      },
      {
        headers: [
          ['x-tier', 'silver'],
          ['x-tier', 'bronze'],
        ],
        upstream: { 'x-class': ['2'] },
      },
      {
        headers: [
          ['x-tier', 'GOLD'],
          ['x-known', 'sent'],
        ],
        upstream: { 'x-class': ['9'], 'x-known': ['sent'] },
      },
      { upstream: { 'x-class': ['9'], 'x-known': null } },
    ],
  },
  {
    name: 'templates tell the facts of the request',
    policies: headerPolicy({
      request: [
        set('x-path', '{request.path}'),
        set('x-query', '{request.query}'),
        set('x-method', '{request.method}'),
        set('x-host', '{request.host}/{request.authority}/{request.scheme}'),
        set('x-named', '{request.query.q}/{request.cookie.c}/{request.header.X-A}'),
        set('x-source', '{source.address} {request.protocol}'),
        set('x-braces', '{{{request.method}}}, {{}}'),
        set('x-cut', '{request.header.x-a:3}{request.header.x-b:100}'),
      ],
    }),
    steps: [
      {
        method: 'PUT',
        path: '/a/b?x=1&q=2',
        headers: [
          ['x-a', 'one'],
          ['cookie', 'a=1; c=3'],
          ['x-a', 'two'],
          ['x-b', 'b'],
        ],
        upstream: {
          'x-path': ['/a/b'],
          'x-query': ['x=1&q=2'],
          'x-method': ['PUT'],
          'x-named': ['2/3/one,two'],
          'x-source': ['127.0.0.1 HTTP/1.1'],
          'x-braces': ['{PUT}, {}'],
          'x-cut': ['oneb'],
        },
      },
    ],
  },
  {
    name: 'conditions look at the request as it came, wherever they stand',
    policies: headerPolicy({
      request: [
        { remove: { name: 'x-a' } },
        { ...set('x-seen', 'yes'), when: { headers: [{ name: 'x-a', exact: '1' }] } },
        { ...set('x-post', 'yes'), when: { methods: ['POST'], path: { prefix: '/a' } } },
      ],
      response: [
        {
          ...set('x-seen', 'yes'),
          when: { headers: [{ name: 'x-a', exact: '1' }], path: { regex: '/[a-c]+' } },
        },
      ],
    }),
    steps: [
      {
        method: 'POST',
        path: '/abc',
        headers: [['x-a', '1']],
        upstream: { 'x-a': null, 'x-seen': ['yes'], 'x-post': ['yes'] },
        client: { 'x-seen': ['yes'] },
      },
      {
        method: 'GET',
        path: '/abc',
        headers: [['x-a', '2']],
        upstream: { 'x-a': null, 'x-seen': null, 'x-post': null },
        client: { 'x-seen': null },
      },
      { path: '/xyz', headers: [['x-a', '1']], upstream: { 'x-seen': ['yes'] }, client: { 'x-seen': null } },
    ],
  },
  {
    name: 'edits of responses ask for their status and headers, as they came',
    policies: headerPolicy({
      response: [
        { ...set('x-failed', '{response.status}'), when: { statuses: ['5xx', 404] } },
        { ...set('x-some', 'yes'), when: { statuses: ['200-299'] } },
        {
          ...{ remove: { name: 'x-kind' } },
          when: { responseHeaders: [{ name: 'x-kind', prefix: 'internal' }] },
        },
        {
          ...set('x-was', 'internal'),
          when: { responseHeaders: [{ name: 'x-kind', exact: 'internal,more' }] },
        },
        set('x-type', 'type {response.header.content-type} for {request.header.x-a} at {request.path}'),
      ],
    }),
    steps: [
      {
        path: '/p?q',
        headers: [['x-a', '1']],
        answer: {
          status: 503,
          headers: [
            ['x-kind', 'internal'],
            ['x-kind', 'more'],
            ['content-type', 'a/b'],
          ],
        },
        status: 503,
        client: {
          'x-failed': ['503'],
          'x-some': null,
          'x-kind': null,
          'x-was': ['internal'],
          'x-type': ['type a/b for 1 at /p'],
        },
      },
      {
        answer: { status: 404 },
        status: 404,
        client: { 'x-failed': ['404'], 'x-type': ['type  for  at /'] },
      },
      {
        answer: { headers: [['x-kind', 'public']] },
        client: { 'x-failed': null, 'x-some': ['yes'], 'x-kind': ['public'] },
      },
    ],
  },
  {
    name: 'the limiter that let a request through is told to the upstream, and the one that refused to the client',
    policies:
      rateLimit(1) +
      headerPolicy({
        request: [set('x-limiter', '{limiter}'), set('x-workload', '{workload}')],
        response: [{ ...set('x-refused-by', '{limiter}'), when: { statuses: [429] } }, set('x-any', 'yes')],
      }),
    steps: [
      {
        headers: [['x-workload', 'sent']],
        upstream: { 'x-limiter': ['default/@name@/all'], 'x-workload': null },
        client: { 'x-refused-by': null, 'x-any': ['yes'] },
      },
      {
        status: 429,
        client: { 'x-refused-by': ['default/@name@/all'], 'x-any': ['yes'], 'x-local-rate-limit': ['true'] },
      },
    ],
  },
  {
    name: 'the breaker is told, and edits see the response as the breaker did',
    policies: `---
apiVersion: sluice.dev/v1alpha1
kind: CircuitBreakerPolicy
metadata: { name: "@name@" }
spec:
  targetRefs: [{ group: sluice.dev, kind: VirtualHost, name: "@host@" }]
  breakers: [{ name: all, consecutiveFailures: 2, open: { duration: 60s } }]
${headerPolicy({
  request: [set('x-breaker', '{breaker}')],
  response: [{ ...set('x-refused-by', '{breaker}'), when: { statuses: [503] } }],
})}`,
    steps: [
      { upstream: { 'x-breaker': ['default/@name@/all'] }, client: { 'x-refused-by': null } },
      { answer: { status: 500 }, status: 500, client: { 'x-refused-by': null } },
      { answer: { status: 500 }, status: 500 },
      { status: 503, client: { 'x-refused-by': ['default/@name@/all'] } },
    ],
  },
  {
    name: 'the workload and its scheduler are told',
    policies: `---
apiVersion: sluice.dev/v1alpha1
kind: QuotaSchedulingPolicy
metadata: { name: "@name@" }
spec:
  targetRefs: [{ group: sluice.dev, kind: VirtualHost, name: "@host@" }]
  quota: { capacity: 100, fillInterval: 1s }
  workloads: [{ name: guest, match: { headers: [{ name: user-type, exact: guest }] }, priority: 5 }]
${headerPolicy({ request: [set('x-workload', '{scheduler}:{workload}')], response: [set('x-workload', '{workload}')] })}`,
    steps: [
      {
        headers: [['user-type', 'guest']],
        upstream: { 'x-workload': ['default/@name@:guest'] },
        client: { 'x-workload': ['guest'] },
      },
      { upstream: { 'x-workload': ['default/@name@:default'] }, client: { 'x-workload': ['default'] } },
    ],
  },
  {
    name: 'edits before matching are seen by limits, and by the rules that come after',
    policies:
      `---
apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata: { name: "@name@" }
spec:
  targetRefs: [{ group: sluice.dev, kind: VirtualHost, name: "@host@" }]
  rules: [{ name: all, match: { headers: [{ name: x-user, exact: ann }] }, limit: { tokenBucket: { maxTokens: 1, fillInterval: 600s } } }]
` +
      headerPolicy(
        { match: { headers: [{ name: 'x-user', exact: 'ann' }] }, request: [set('x-ann', 'yes')] },
        {
          phase: 'BeforeMatching',
          request: [{ remove: { name: 'x-user' } }, { rename: { from: 'x-real-user', to: 'x-user' } }],
        },
      ),
    steps: [
      { headers: [['x-real-user', 'ann']], upstream: { 'x-user': ['ann'], 'x-ann': ['yes'] } },
      { headers: [['x-real-user', 'ann']], status: 429 },
      { headers: [['x-user', 'ann']], upstream: { 'x-user': null, 'x-ann': null } },
      {
        headers: [
          ['x-user', 'ann'],
          ['x-real-user', 'bob'],
        ],
        upstream: { 'x-user': ['bob'], 'x-ann': null },
      },
    ],
  },
  {
    name: 'all rules that match apply, in their order',
    policies: headerPolicy(
      { request: [set('x-last', 'first'), { add: { name: 'x-all', value: '1' } }] },
      { match: { methods: ['POST'] }, request: [{ add: { name: 'x-all', value: '2' } }] },
      {
        match: { hosts: ['@host@'] },
        request: [set('x-last', 'third'), { add: { name: 'x-all', value: '3' } }],
      },
    ),
    steps: [
      { upstream: { 'x-last': ['third'], 'x-all': ['1', '3'] } },
      {
        method: 'POST',
        headers: [['x-all', '0']],
        upstream: { 'x-last': ['third'], 'x-all': ['0', '1', '2', '3'] },
      },
    ],
  },
  {
    name: 'a header that Envoy keeps as one gets its values joined',
    policies: headerPolicy({ request: [{ add: { name: 'via', value: '1.1 sluice' } }] }),
    steps: [{ headers: [['via', '1.0 a']], upstream: { via: ['1.0 a,1.1 sluice'] } }],
  },
  {
    name: 'values that are not ASCII pass as they are',
    policies: headerPolicy({ request: [set('x-name', 'caf\u00e9 {request.header.x-a}')] }),
    steps: [{ headers: [['x-a', 'plain']], upstream: { 'x-name': ['café plain'] } }],
  },
];
