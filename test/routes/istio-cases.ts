import type { RouteCase } from './route-case.ts';

const gateway = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: door, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: ["*.door.example"]
  - port: {number: 8080, name: redirected, protocol: HTTP}
    hosts: ["*.redirected.example"]
    tls: {httpsRedirect: true}`;

const rule = `apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: {name: versions, namespace: default}
spec:
  host: versions
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}`;

function service(name: string, http: string, hosts = `${name}.door.example`, gateways = 'door'): string {
  return `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: default}
spec:
  hosts: [${hosts}]
${gateways === '' ? '' : `  gateways: [${gateways}]\n`}  http:
${http.replace(/^/gm, '  ')}`;
}

const to = (host: string) => `route: [{destination: {host: ${host}}}]`;

export const istioCases: RouteCase[] = [
  {
    name: 'a path',
    documents: [
      gateway,
      rule,
      service(
        'paths',
        `- {match: [{uri: {exact: /exact}}], ${to('a')}}
- {match: [{uri: {prefix: /pre}}], ${to('b')}}
- {match: [{uri: {regex: "/r[0-9]+"}}], ${to('c')}}
- {match: [{uri: {prefix: /CASE}, ignoreUriCase: true}], ${to('c')}}
- {${to('other')}}`,
      ),
    ].join('\n---\n'),
    checks: [
      { name: 'is compared exactly', host: 'paths.door.example', path: '/exact?q=1', server: 'a' },
      { name: 'that is longer is not exact', host: 'paths.door.example', path: '/exact/x', server: 'other' },
      { name: 'begins with a prefix', host: 'paths.door.example', path: '/prefix', server: 'b' },
      { name: 'matches a whole expression', host: 'paths.door.example', path: '/r12', server: 'c' },
      { name: 'does not match a part of one', host: 'paths.door.example', path: '/r12/x', server: 'other' },
      { name: 'may be compared without case', host: 'paths.door.example', path: '/case', server: 'c' },
    ],
  },
  {
    name: 'a condition',
    documents: service(
      'conditions',
      `- {match: [{headers: {x-user: {exact: jason}}}], ${to('a')}}
- {match: [{headers: {x-user: {prefix: "j"}}}], ${to('b')}}
- {match: [{headers: {x-token: {}}}], ${to('c')}}
- {match: [{queryParams: {v: {exact: "1"}}}], ${to('a')}}
- {match: [{queryParams: {v: {regex: "[2-9]"}}}], ${to('b')}}
- {match: [{method: {exact: PUT}}], ${to('a')}}
- {match: [{uri: {prefix: /both}, headers: {x-a: {exact: "1"}}}, {uri: {prefix: /either}}], ${to('c')}}
- {match: [{uri: {prefix: /without}, withoutHeaders: {x-no: {}}}], ${to('b')}}
- {match: [{uri: {prefix: /authority}, authority: {prefix: "conditions.door.example:9"}}], ${to('a')}}
- {match: [{uri: {prefix: /scheme}, scheme: {exact: http}}], ${to('a')}}
- {${to('other')}}`,
    ),
    checks: [
      {
        name: 'on a header is exact',
        host: 'conditions.door.example',
        headers: { 'X-User': 'jason' },
        server: 'a',
      },
      {
        name: 'comes in the order of the document',
        host: 'conditions.door.example',
        headers: { 'X-User': 'june' },
        server: 'b',
      },
      {
        name: 'on a header asks that it is there',
        host: 'conditions.door.example',
        headers: { 'x-token': 't' },
        server: 'c',
      },
      { name: 'on a query parameter is exact', host: 'conditions.door.example', path: '/?v=1', server: 'a' },
      {
        name: 'on a query parameter may be an expression',
        host: 'conditions.door.example',
        path: '/?v=7',
        server: 'b',
      },
      {
        name: 'on a query parameter may fail',
        host: 'conditions.door.example',
        path: '/?v=10',
        server: 'other',
      },
      { name: 'on the method', host: 'conditions.door.example', method: 'PUT', server: 'a' },
      {
        name: 'of two in a match must hold with the other',
        host: 'conditions.door.example',
        path: '/both',
        server: 'other',
      },
      {
        name: 'of two in a match holds',
        host: 'conditions.door.example',
        path: '/both',
        headers: { 'x-a': '1' },
        server: 'c',
      },
      {
        name: 'of the second match is enough',
        host: 'conditions.door.example',
        path: '/either',
        server: 'c',
      },
      {
        name: 'may be that a header is absent',
        host: 'conditions.door.example',
        path: '/without',
        server: 'b',
      },
      {
        name: 'fails when that header is there',
        host: 'conditions.door.example',
        path: '/without',
        headers: { 'x-no': '1' },
        server: 'other',
      },
      {
        name: 'on the authority sees its port',
        host: 'conditions.door.example:9000',
        path: '/authority',
        server: 'a',
      },
      { name: 'on the scheme', host: 'conditions.door.example', path: '/scheme', server: 'a' },
    ],
  },
  {
    name: 'weights',
    documents: [
      service(
        'weights',
        `- route:
  - {destination: {host: a}, weight: 80}
  - {destination: {host: b}, weight: 20}
  - {destination: {host: c}, weight: 0}`,
      ),
      service(
        'thirds',
        '- {route: [{destination: {host: a}, weight: 1}, {destination: {host: b}, weight: 2}]}',
      ),
      service(
        'subsets',
        `- route:
  - {destination: {host: versions, subset: v1}, weight: 50}
  - {destination: {host: versions, subset: v2}, weight: 50}`,
      ),
      service('subset', '- {route: [{destination: {host: versions, subset: v2, port: {number: 80}}}]}'),
    ].join('\n---\n'),
    checks: [
      { name: 'are shares, and 0 is nothing', host: 'weights.door.example', shares: { a: 80, b: 20 } },
      { name: 'need not be percentages', host: 'thirds.door.example', shares: { a: 33.3, b: 66.7 } },
      { name: 'may be of subsets', host: 'subsets.door.example', shares: { a: 50, b: 50 } },
      { name: 'are not needed for one destination', host: 'subset.door.example', server: 'b' },
    ],
  },
  {
    name: 'headers',
    documents: service(
      'headers',
      `- headers:
    request:
      set: {x-set: one, x-both: rule, x-format: "%PROTOCOL% 100%%"}
      add: {x-add: added}
      remove: [x-gone]
    response:
      set: {x-powered-by: sluice}
      add: {x-answer: rule}
      remove: [x-secret]
  route:
  - destination: {host: a}
    headers:
      request: {set: {x-both: destination}}
      response: {add: {x-answer: destination}}`,
    ),
    checks: [
      {
        name: 'of a request are set',
        host: 'headers.door.example',
        headers: { 'x-set': ['x', 'y'] },
        received: { 'x-set': ['one'] },
      },
      {
        name: 'of a request are added',
        host: 'headers.door.example',
        headers: { 'x-add': 'client' },
        received: { 'x-add': ['client', 'added'] },
      },
      {
        name: 'of a request are removed',
        host: 'headers.door.example',
        headers: { 'X-Gone': '1' },
        received: { 'x-gone': null },
      },
      {
        name: 'of a destination go before those of its route',
        host: 'headers.door.example',
        received: { 'x-both': ['destination'] },
      },
      {
        name: 'have Envoy’s format',
        host: 'headers.door.example',
        received: { 'x-format': ['HTTP/1.1 100%'] },
      },
      {
        name: 'of a response are set and added',
        host: 'headers.door.example',
        answered: { 'x-powered-by': 'sluice', 'x-answer': 'rule, destination' },
      },
    ],
  },
  {
    name: 'a rewrite',
    documents: service(
      'rewrites',
      `- {match: [{uri: {prefix: /old/}}], rewrite: {uri: /new/}, ${to('a')}}
- {match: [{uri: {exact: /one}}], rewrite: {uri: /two}, ${to('a')}}
- {match: [{uri: {regex: "/re.*"}}], rewrite: {uri: /whole}, ${to('a')}}
- {match: [{uri: {prefix: /expr}}], rewrite: {uriRegexRewrite: {match: "^/expr/([a-z]+)/(.*)$", rewrite: "/\\\\2/\\\\1"}}, ${to('a')}}
- {match: [{uri: {prefix: /host}}], rewrite: {authority: inner.example}, ${to('a')}}
- {match: [{uri: {prefix: /set}}], headers: {request: {set: {Host: set.example}}}, ${to('a')}}`,
    ),
    checks: [
      { name: 'of a prefix', host: 'rewrites.door.example', path: '/old/x?q', receivedPath: '/new/x?q' },
      { name: 'of an exact path', host: 'rewrites.door.example', path: '/one?q=1', receivedPath: '/two?q=1' },
      {
        name: 'of what an expression matched',
        host: 'rewrites.door.example',
        path: '/re/x',
        receivedPath: '/whole',
      },
      {
        name: 'by an expression of its own',
        host: 'rewrites.door.example',
        path: '/expr/a/b',
        receivedPath: '/b/a',
      },
      {
        name: 'of the authority',
        host: 'rewrites.door.example',
        path: '/host',
        received: { host: ['inner.example'] },
      },
      {
        name: 'of the authority by setting it',
        host: 'rewrites.door.example',
        path: '/set',
        received: { host: ['set.example'] },
      },
    ],
  },
  {
    name: 'a redirect',
    documents: service(
      'redirects',
      `- {match: [{uri: {exact: /all}}], redirect: {uri: /there, authority: b.example, scheme: https, port: 8443, redirectCode: 308}}
- {match: [{uri: {exact: /host}}], redirect: {authority: b.example}}
- {match: [{uri: {prefix: /pre/}}], redirect: {uri: "%PREFIX()%/post/", redirectCode: 302}}`,
    ),
    checks: [
      {
        name: 'names everything',
        host: 'redirects.door.example',
        path: '/all',
        status: 308,
        answered: { location: 'https://b.example:8443/there' },
        server: null,
      },
      {
        name: 'is 301 and keeps the path',
        host: 'redirects.door.example',
        path: '/host',
        status: 301,
        answered: { location: 'http://b.example/host' },
      },
      {
        name: 'of a prefix keeps the rest',
        host: 'redirects.door.example',
        path: '/pre/x',
        status: 302,
        answered: { location: 'http://redirects.door.example/post/x' },
      },
    ],
  },
  {
    name: 'a direct response',
    documents: service(
      'answers',
      `- {match: [{uri: {exact: /teapot}}], directResponse: {status: 418, body: {string: short and stout}}, headers: {response: {add: {x-answer: own}}}}
- {directResponse: {status: 503}}`,
    ),
    checks: [
      {
        name: 'has a status, a body and headers',
        host: 'answers.door.example',
        path: '/teapot',
        status: 418,
        body: 'short and stout',
        answered: { 'x-answer': 'own' },
      },
      { name: 'needs no body', host: 'answers.door.example', status: 503, server: null },
    ],
  },
  {
    name: 'a slow or failing server',
    documents: service(
      'failing',
      `- {match: [{uri: {prefix: /timeout}}], timeout: 100ms, ${to('slow')}}
- {match: [{uri: {prefix: /patient}}], ${to('slow')}}
- {match: [{uri: {prefix: /fails}}], ${to('fails')}}
- match: [{uri: {prefix: /retried}}]
  retries: {attempts: 2, retryOn: "5xx", perTryTimeout: 1s}
  mirror: {host: b}
  ${to('fails')}`,
    ),
    checks: [
      {
        name: 'is given up after the timeout',
        host: 'failing.door.example',
        path: '/timeout',
        status: 504,
        takes: 100,
      },
      {
        name: 'is waited for without one',
        host: 'failing.door.example',
        path: '/patient',
        server: 'slow',
        takes: 500,
      },
      {
        name: 'answers for itself',
        host: 'failing.door.example',
        path: '/fails',
        status: 503,
        server: 'fails',
      },
      {
        name: 'is tried again',
        host: 'failing.door.example',
        path: '/retried',
        status: 503,
        server: 'fails',
        mirrors: ['b'],
      },
    ],
  },
  {
    name: 'a mirror',
    documents: service(
      'mirrors',
      `- {match: [{uri: {prefix: /one}}], mirror: {host: c}, mirrorPercentage: {value: 100}, ${to('a')}}
- {mirrors: [{destination: {host: b}}, {destination: {host: c}, percentage: {value: 100}}], ${to('a')}}`,
    ),
    checks: [
      { name: 'gets a copy', host: 'mirrors.door.example', path: '/one', server: 'a', mirrors: ['c'] },
      { name: 'may be one of several', host: 'mirrors.door.example', server: 'a', mirrors: ['b', 'c'] },
    ],
  },
  {
    name: 'a fault',
    documents: service(
      'faults',
      `- {match: [{uri: {prefix: /abort}}], fault: {abort: {httpStatus: 418, percentage: {value: 100}}}, ${to('a')}}
- {match: [{uri: {prefix: /never}}], fault: {abort: {httpStatus: 418, percentage: {value: 0}}}, ${to('a')}}
- {match: [{uri: {prefix: /delay}}], fault: {delay: {fixedDelay: 200ms}}, ${to('a')}}
- {match: [{uri: {prefix: /grpc}}], fault: {abort: {grpcStatus: UNAVAILABLE}}, ${to('a')}}
- {${to('a')}}`,
    ),
    checks: [
      {
        name: 'answers in the place of the server',
        host: 'faults.door.example',
        path: '/abort',
        status: 418,
        server: null,
      },
      { name: 'of 0 percent happens never', host: 'faults.door.example', path: '/never', server: 'a' },
      { name: 'delays', host: 'faults.door.example', path: '/delay', server: 'a', takes: 200 },
      {
        name: 'has a gRPC status',
        host: 'faults.door.example',
        path: '/grpc',
        grpc: true,
        answered: { 'grpc-status': '14' },
      },
      { name: 'is for its route only', host: 'faults.door.example', server: 'a' },
    ],
  },
  {
    name: 'CORS',
    documents: service(
      'cors',
      `- match: [{uri: {prefix: /cors}}]
  corsPolicy:
    allowOrigins: [{exact: "https://good.example"}, {regex: "https://.*[.]good[.]example"}]
    allowMethods: [GET, PUT]
    allowHeaders: [x-custom]
    exposeHeaders: [x-server]
    maxAge: 1h
    allowCredentials: true
  ${to('a')}
- {${to('a')}}`,
    ),
    checks: [
      {
        name: 'answers a preflight',
        host: 'cors.door.example',
        path: '/cors',
        method: 'OPTIONS',
        headers: { origin: 'https://good.example', 'access-control-request-method': 'PUT' },
        server: null,
        answered: {
          'access-control-allow-origin': 'https://good.example',
          'access-control-allow-methods': 'GET,PUT',
          'access-control-allow-headers': 'x-custom',
          'access-control-max-age': '3600',
          'access-control-allow-credentials': 'true',
        },
      },
      {
        name: 'marks an answer',
        host: 'cors.door.example',
        path: '/cors',
        headers: { origin: 'https://x.good.example' },
        server: 'a',
        answered: {
          'access-control-allow-origin': 'https://x.good.example',
          'access-control-expose-headers': 'x-server',
        },
      },
      {
        name: 'does not mark one to another origin',
        host: 'cors.door.example',
        path: '/cors',
        headers: { origin: 'https://bad.example' },
        answered: { 'access-control-allow-origin': null },
      },
      {
        name: 'is for its route only',
        host: 'cors.door.example',
        headers: { origin: 'https://good.example' },
        answered: { 'access-control-allow-origin': null },
      },
    ],
  },
  {
    name: 'a gateway',
    documents: [
      service('many', `- {${to('a')}}`, '"*"'),
      service('hop', `- {${to('a')}}`, 'x.redirected.example'),
      service('meshed', `- {${to('c')}}`, 'meshed', ''),
    ].join('\n---\n'),
    checks: [
      { name: 'gives its hosts to a service for every host', host: 'anything.door.example', server: 'a' },
      { name: 'serves no other host', host: 'door.example', status: 404, server: null },
      {
        name: 'may redirect to TLS',
        host: 'x.redirected.example',
        status: 301,
        answered: { location: 'https://x.redirected.example/' },
      },
      { name: 'is not needed inside the mesh', host: 'meshed.default.svc.cluster.local', server: 'c' },
      {
        name: 'is not needed for a short name inside the mesh',
        host: 'meshed',
        listener: 'local',
        server: 'c',
      },
    ],
  },
  {
    name: 'services of one host',
    documents: [
      service(
        'merged-a',
        `- {match: [{uri: {prefix: /a}}], ${to('a')}}\n- {${to('c')}}`,
        'merged.door.example',
      ),
      service('merged-b', `- {match: [{uri: {prefix: /b}}], ${to('b')}}`, 'merged.door.example'),
    ].join('\n---\n'),
    checks: [
      { name: 'are merged', host: 'merged.door.example', path: '/a', server: 'a' },
      {
        name: 'do not hide each other by a last route',
        host: 'merged.door.example',
        path: '/b',
        server: 'b',
      },
      { name: 'keep the last route for the rest', host: 'merged.door.example', path: '/c', server: 'c' },
    ],
  },
  {
    name: 'a policy',
    documents: [
      service(
        'limited',
        `- {name: first, match: [{uri: {prefix: /first}}], ${to('a')}}\n- {name: second, ${to('a')}}`,
      ),
      `apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata: {name: limited, namespace: default}
spec:
  targetRefs: [{kind: VirtualService, name: limited, sectionName: first}]
  rules:
  - {name: once, limit: {tokenBucket: {maxTokens: 1, fillInterval: 1h}}}`,
    ].join('\n---\n'),
    checks: [
      {
        name: 'on a route lets the first request pass',
        host: 'limited.door.example',
        path: '/first',
        server: 'a',
      },
      {
        name: 'on a route refuses the second',
        host: 'limited.door.example',
        path: '/first',
        status: 429,
        server: null,
      },
      { name: 'on a route leaves the other alone', host: 'limited.door.example', server: 'a' },
    ],
  },
];
