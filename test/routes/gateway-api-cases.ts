import type { RouteCase } from './route-case.ts';

const gateway = `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: sluice}
spec: {controllerName: sluice.dev/gateway}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: door, namespace: default}
spec:
  gatewayClassName: sluice
  listeners:
  - {name: http, protocol: HTTP, port: 80, hostname: "*.api.example"}
  - {name: open, protocol: HTTP, port: 8080, hostname: open.example, allowedRoutes: {namespaces: {from: All}}}`;

function route(name: string, rules: string, hosts = `${name}.api.example`, kind = 'HTTPRoute'): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: {name: ${name}, namespace: default}
spec:
  parentRefs: [{name: door}]
${hosts === '' ? '' : `  hostnames: [${hosts}]\n`}  rules:
${rules.replace(/^/gm, '  ')}`;
}

const to = (name: string, port = 80) => `backendRefs: [{name: ${name}, port: ${port}}]`;

export const gatewayApiCases: RouteCase[] = [
  {
    name: 'of several rules',
    documents: [
      gateway,
      route(
        'order',
        `- {${to('other')}}
- {matches: [{path: {value: /a}}], ${to('a')}}
- {matches: [{path: {value: /a/long}}], ${to('b')}}
- {matches: [{path: {type: Exact, value: /a/long}}], ${to('c')}}
- {matches: [{path: {value: /m}}], ${to('a')}}
- {matches: [{path: {value: /m}, method: PUT}], ${to('b')}}
- {matches: [{path: {value: /m}, headers: [{name: x-1, value: "1"}]}], ${to('c')}}
- {matches: [{path: {value: /q}}], ${to('a')}}
- {matches: [{path: {value: /q}, queryParams: [{name: v, value: "1"}]}], ${to('b')}}
- {matches: [{path: {value: /q}, queryParams: [{name: v, value: "1"}, {name: w, value: "2"}]}], ${to('c')}}`,
      ),
    ].join('\n---\n'),
    checks: [
      { name: 'the longest prefix counts', host: 'order.api.example', path: '/a/long/x', server: 'b' },
      { name: 'an exact path goes before', host: 'order.api.example', path: '/a/long', server: 'c' },
      { name: 'a prefix is one of whole segments', host: 'order.api.example', path: '/ab', server: 'other' },
      { name: 'a prefix matches without its slash', host: 'order.api.example', path: '/a', server: 'a' },
      {
        name: 'a method goes before none',
        host: 'order.api.example',
        path: '/m',
        method: 'PUT',
        server: 'b',
      },
      {
        name: 'a method goes before headers',
        host: 'order.api.example',
        path: '/m',
        method: 'PUT',
        headers: { 'x-1': '1' },
        server: 'b',
      },
      {
        name: 'headers go before none',
        host: 'order.api.example',
        path: '/m',
        headers: { 'X-1': '1' },
        server: 'c',
      },
      { name: 'query parameters go before none', host: 'order.api.example', path: '/q?v=1', server: 'b' },
      {
        name: 'more query parameters go before fewer',
        host: 'order.api.example',
        path: '/q?w=2&v=1',
        server: 'c',
      },
      {
        name: 'the one without matches takes the rest',
        host: 'order.api.example',
        path: '/',
        server: 'other',
      },
    ],
  },
  {
    name: 'a match',
    documents: route(
      'matches',
      `- {matches: [{path: {type: RegularExpression, value: "/r[0-9]+"}}, {path: {type: Exact, value: /or}}], ${to('a')}}
- {matches: [{headers: [{name: x-v, type: RegularExpression, value: "v[12]"}, {name: x-w, value: w}]}], ${to('b')}}
- {matches: [{queryParams: [{name: v, type: RegularExpression, value: "[2-9]"}]}], ${to('c')}}`,
    ),
    checks: [
      { name: 'is an expression for a path', host: 'matches.api.example', path: '/r1', server: 'a' },
      { name: 'of several is enough', host: 'matches.api.example', path: '/or', server: 'a' },
      {
        name: 'holds with all its headers',
        host: 'matches.api.example',
        headers: { 'x-v': 'v2', 'x-w': 'w' },
        server: 'b',
      },
      {
        name: 'does not hold with some',
        host: 'matches.api.example',
        headers: { 'x-v': 'v2' },
        status: 404,
        server: null,
      },
      {
        name: 'is an expression for a query parameter',
        host: 'matches.api.example',
        path: '/?v=3',
        server: 'c',
      },
      {
        name: 'that no rule has is not found',
        host: 'matches.api.example',
        path: '/none',
        status: 404,
        server: null,
      },
    ],
  },
  {
    name: 'weights',
    documents: route(
      'weights',
      `- matches: [{path: {value: /three}}]
  backendRefs: [{name: a, port: 80, weight: 3}, {name: b, port: 80}]
- backendRefs: [{name: a, port: 80, weight: 0}, {name: b, port: 80, weight: 5}, {name: c, port: 80, weight: 5}]`,
    ),
    checks: [
      {
        name: 'are 1 where nothing is said',
        host: 'weights.api.example',
        path: '/three',
        shares: { a: 75, b: 25 },
      },
      { name: 'of 0 get nothing', host: 'weights.api.example', shares: { b: 50, c: 50 } },
    ],
  },
  {
    name: 'header modifiers',
    documents: route(
      'modifiers',
      `- filters:
  - type: RequestHeaderModifier
    requestHeaderModifier:
      set: [{name: X-Set, value: "100% one"}, {name: X-Both, value: rule}]
      add: [{name: x-add, value: added}]
      remove: [X-Gone]
  - type: ResponseHeaderModifier
    responseHeaderModifier:
      set: [{name: X-Powered-By, value: sluice}]
      add: [{name: X-Answer, value: rule}]
  backendRefs:
  - name: a
    port: 80
    filters:
    - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-both, value: backend}]}}
    - {type: ResponseHeaderModifier, responseHeaderModifier: {remove: [x-server]}}`,
    ),
    checks: [
      {
        name: 'set',
        host: 'modifiers.api.example',
        headers: { 'x-set': ['1', '2'] },
        received: { 'x-set': ['100% one'] },
      },
      {
        name: 'add',
        host: 'modifiers.api.example',
        headers: { 'X-Add': 'client' },
        received: { 'x-add': ['client', 'added'] },
      },
      {
        name: 'remove, without case',
        host: 'modifiers.api.example',
        headers: { 'x-GONE': '1' },
        received: { 'x-gone': null },
      },
      {
        name: 'of a backend have the last word',
        host: 'modifiers.api.example',
        received: { 'x-both': ['backend'] },
      },
      {
        name: 'change answers',
        host: 'modifiers.api.example',
        answered: { 'x-powered-by': 'sluice', 'x-answer': 'rule' },
      },
      {
        name: 'of a backend change answers, too',
        host: 'modifiers.api.example',
        answered: { 'x-server': null },
      },
    ],
  },
  {
    name: 'a redirect',
    documents: route(
      'redirects',
      `- {matches: [{path: {value: /https}}], filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}
- {matches: [{path: {value: /host}}], filters: [{type: RequestRedirect, requestRedirect: {hostname: b.example, statusCode: 301}}]}
- {matches: [{path: {value: /port}}], filters: [{type: RequestRedirect, requestRedirect: {port: 8443, scheme: https, statusCode: 308}}]}
- {matches: [{path: {value: /full}}], filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath, replaceFullPath: /there}}}]}
- {matches: [{path: {value: /pre}}], filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /post}}}]}`,
    ),
    checks: [
      {
        name: 'to another scheme is 302 and has its port',
        host: 'redirects.api.example:10000',
        path: '/https/x',
        status: 302,
        answered: { location: 'https://redirects.api.example/https/x' },
      },
      {
        name: 'to another host',
        host: 'redirects.api.example',
        path: '/host?q=1',
        status: 301,
        answered: { location: 'http://b.example/host?q=1' },
      },
      {
        name: 'to another port',
        host: 'redirects.api.example',
        path: '/port',
        status: 308,
        answered: { location: 'https://redirects.api.example:8443/port' },
      },
      {
        name: 'to another path',
        host: 'redirects.api.example',
        path: '/full/x',
        status: 302,
        answered: { location: 'http://redirects.api.example/there' },
      },
      {
        name: 'to another prefix',
        host: 'redirects.api.example',
        path: '/pre/x',
        status: 302,
        answered: { location: 'http://redirects.api.example/post/x' },
      },
    ],
  },
  {
    name: 'a rewrite',
    documents: route(
      'rewrites',
      `- {matches: [{path: {value: /root}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], ${to('a')}}
- {matches: [{path: {value: /pre}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /post}}}], ${to('a')}}
- {matches: [{path: {value: /full}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /there}}}], ${to('a')}}
- {matches: [{path: {value: /host}}], filters: [{type: URLRewrite, urlRewrite: {hostname: inner.example}}], ${to('a')}}
- {matches: [{path: {value: /}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /under}}}], ${to('a')}}`,
    ),
    checks: [
      {
        name: 'of a prefix to the root',
        host: 'rewrites.api.example',
        path: '/root/x?q=1',
        receivedPath: '/x?q=1',
      },
      { name: 'of a whole path to the root', host: 'rewrites.api.example', path: '/root', receivedPath: '/' },
      { name: 'of a prefix', host: 'rewrites.api.example', path: '/pre/x', receivedPath: '/post/x' },
      { name: 'of exactly the prefix', host: 'rewrites.api.example', path: '/pre', receivedPath: '/post' },
      {
        name: 'of the full path',
        host: 'rewrites.api.example',
        path: '/full/x?q=1',
        receivedPath: '/there?q=1',
      },
      {
        name: 'of the host',
        host: 'rewrites.api.example',
        path: '/host',
        received: { host: ['inner.example'] },
      },
      { name: 'of the root', host: 'rewrites.api.example', path: '/x', receivedPath: '/under/x' },
    ],
  },
  {
    name: 'a mirror, CORS, timeouts and retries',
    documents: route(
      'filters',
      `- {matches: [{path: {value: /mirror}}], filters: [{type: RequestMirror, requestMirror: {backendRef: {name: b, port: 80}}}, {type: RequestMirror, requestMirror: {backendRef: {name: c, port: 80}, percent: 100}}], ${to('a')}}
- {matches: [{path: {value: /cors}}], filters: [{type: CORS, cors: {allowOrigins: ["https://*.good.example"], allowMethods: [GET], maxAge: 60}}], ${to('a')}}
- {matches: [{path: {value: /request}}], timeouts: {request: 100ms}, ${to('slow')}}
- {matches: [{path: {value: /backend}}], timeouts: {request: 2s, backendRequest: 100ms}, ${to('slow')}}
- {matches: [{path: {value: /none}}], timeouts: {request: 0s}, ${to('slow')}}
- {matches: [{path: {value: /retry}}], retry: {codes: [503], attempts: 2, backoff: 10ms}, timeouts: {request: 2s}, ${to('fails')}}`,
    ),
    checks: [
      {
        name: 'copies go to all mirrors',
        host: 'filters.api.example',
        path: '/mirror',
        server: 'a',
        mirrors: ['b', 'c'],
      },
      {
        name: 'a preflight is answered',
        host: 'filters.api.example',
        path: '/cors',
        method: 'OPTIONS',
        headers: { origin: 'https://x.good.example', 'access-control-request-method': 'GET' },
        server: null,
        answered: { 'access-control-allow-origin': 'https://x.good.example', 'access-control-max-age': '60' },
      },
      {
        name: 'a request is given up',
        host: 'filters.api.example',
        path: '/request',
        status: 504,
        takes: 100,
      },
      { name: 'a try is given up', host: 'filters.api.example', path: '/backend', status: 504, takes: 100 },
      { name: 'no timeout is none', host: 'filters.api.example', path: '/none', server: 'slow', takes: 500 },
      {
        name: 'a failing server is tried again',
        host: 'filters.api.example',
        path: '/retry',
        status: 503,
        server: 'fails',
      },
    ],
  },
  {
    name: 'hostnames',
    documents: [
      route('wide', `- {${to('a')}}`, '"*.wide.api.example"'),
      route('narrow', `- {matches: [{path: {value: /narrow}}], ${to('b')}}`, 'x.wide.api.example'),
      route('both', `- {${to('c')}}`, 'both.api.example, elsewhere.example'),
      route('older', `- {matches: [{path: {value: /same}}], ${to('a')}}`, 'same.api.example').replace(
        'namespace: default}',
        'namespace: default, creationTimestamp: "2020-01-01T00:00:00Z"}',
      ),
      route(
        'even',
        `- {matches: [{path: {value: /same}}], ${to('b')}}\n- {${to('c')}}`,
        'same.api.example',
      ).replace('namespace: default}', 'namespace: default, creationTimestamp: "2021-01-01T00:00:00Z"}'),
      route('unnamed', `- {${to('b')}}`, '').replace('name: door', 'name: door, sectionName: open'),
    ].join('\n---\n'),
    checks: [
      { name: 'may be patterns', host: 'y.wide.api.example', server: 'a' },
      { name: 'that are more exact go before', host: 'x.wide.api.example', path: '/narrow', server: 'b' },
      { name: 'that are wider take the rest', host: 'x.wide.api.example', path: '/', server: 'a' },
      { name: 'are those of the gateway, too', host: 'both.api.example', server: 'c' },
      {
        name: 'that the gateway does not have are not served',
        host: 'elsewhere.example',
        status: 404,
        server: null,
      },
      { name: 'of two routes: the older goes first', host: 'same.api.example', path: '/same', server: 'a' },
      { name: 'of two routes: both serve', host: 'same.api.example', path: '/x', server: 'c' },
      { name: 'may be left to the listener', host: 'open.example', server: 'b' },
    ],
  },
  {
    name: 'a backend',
    documents: [
      `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: granted, namespace: elsewhere}
spec:
  parentRefs: [{name: door, namespace: default, sectionName: open}]
  hostnames: [open.example]
  rules:
  - matches: [{path: {value: /granted}}]
    backendRefs: [{name: a, namespace: default, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: grant, namespace: default}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: elsewhere}]
  to: [{group: "", kind: Service, name: a}]`,
      route('nothing', '- {matches: [{path: {value: /x}}]}'),
      `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: meshed, namespace: default}
spec:
  parentRefs: [{group: "", kind: Service, name: shop}]
  rules: [{${to('c')}}]`,
    ].join('\n---\n'),
    checks: [
      { name: 'of another namespace needs a grant', host: 'open.example', path: '/granted', server: 'a' },
      {
        name: 'that is absent is answered with 500',
        host: 'nothing.api.example',
        path: '/x',
        status: 500,
        server: null,
      },
      { name: 'of a service’s own callers', host: 'shop.default.svc', server: 'c' },
    ],
  },
  {
    name: 'gRPC',
    documents: route(
      'grpc',
      `- {matches: [{method: {service: shop.Cart, method: Add}}], filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-rule, value: exact}]}}], ${to('grpc', 9000)}}
- {matches: [{method: {service: shop.Cart}}], filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-rule, value: service}]}}], ${to('grpc', 9000)}}
- {matches: [{method: {method: Ping}}], filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-rule, value: method}]}}], ${to('grpc', 9000)}}
- {matches: [{method: {service: shop.Cart}, headers: [{name: x-v, value: "2"}]}], filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-rule, value: header}]}}], ${to('grpc', 9000)}}`,
      'grpc.api.example',
      'GRPCRoute',
    ),
    checks: [
      {
        name: 'a method of a service goes before the service',
        grpc: true,
        host: 'grpc.api.example',
        path: '/shop.Cart/Add',
        received: { 'x-rule': ['exact'] },
      },
      {
        name: 'a service stands for all its methods',
        grpc: true,
        host: 'grpc.api.example',
        path: '/shop.Cart/Drop',
        received: { 'x-rule': ['service'] },
      },
      {
        name: 'a method may be of any service',
        grpc: true,
        host: 'grpc.api.example',
        path: '/other.Service/Ping',
        received: { 'x-rule': ['method'] },
      },
      {
        name: 'headers go before none',
        grpc: true,
        host: 'grpc.api.example',
        path: '/shop.Cart/Drop',
        headers: { 'x-v': '2' },
        received: { 'x-rule': ['header'] },
      },
      {
        name: 'what no rule has is unimplemented',
        grpc: true,
        host: 'grpc.api.example',
        path: '/other.Service/Other',
        answered: { 'grpc-status': '12' },
      },
    ],
  },
  {
    name: 'a policy',
    documents: [
      route(
        'limited',
        `- {name: first, matches: [{path: {value: /first}}], ${to('a')}}\n- {name: second, ${to('a')}}`,
      ),
      `apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata: {name: limited, namespace: default}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: limited, sectionName: first}]
  rules:
  - {name: once, limit: {tokenBucket: {maxTokens: 1, fillInterval: 1h}}}
---
apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata: {name: section, namespace: default}
spec:
  targetRefs: [{kind: Gateway, name: door, sectionName: open}]
  rules:
  - {name: once, match: {path: {exact: /gateway}}, limit: {tokenBucket: {maxTokens: 1, fillInterval: 1h}}}`,
    ].join('\n---\n'),
    checks: [
      {
        name: 'on a rule lets the first request pass',
        host: 'limited.api.example',
        path: '/first',
        server: 'a',
      },
      {
        name: 'on a rule refuses the second',
        host: 'limited.api.example',
        path: '/first',
        status: 429,
        server: null,
      },
      { name: 'on a rule leaves the other alone', host: 'limited.api.example', server: 'a' },
      {
        name: 'on a listener lets the first request pass',
        host: 'open.example',
        path: '/gateway',
        server: 'b',
      },
      { name: 'on a listener refuses the second', host: 'open.example', path: '/gateway', status: 429 },
      {
        name: 'on a listener leaves the others alone',
        host: 'order.api.example',
        path: '/gateway',
        server: 'other',
      },
    ],
  },
];
