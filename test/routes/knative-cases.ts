import type { RouteCase } from './route-case.ts';

function ingress(name: string, spec: string): string {
  return `apiVersion: networking.internal.knative.dev/v1alpha1
kind: Ingress
metadata: {name: ${name}, namespace: default}
spec:
${spec.replace(/^/gm, '  ')}`;
}

const published = `apiVersion: networking.internal.knative.dev/v1alpha1
kind: Ingress
metadata: {name: published, namespace: default}
spec:
  httpOption: Enabled
  rules:
  - hosts: [httpbin.default, httpbin.default.svc, httpbin.default.svc.cluster.local]
    http:
      paths:
      - appendHeaders: {Knative-Serving-Default-Route: "true"}
        splits:
        - appendHeaders: {Knative-Serving-Namespace: default, Knative-Serving-Revision: httpbin-00001}
          percent: 100
          serviceName: a
          serviceNamespace: default
          servicePort: 80
    visibility: ClusterLocal
  - hosts: [httpbin.default.example.com]
    http:
      paths:
      - appendHeaders: {Knative-Serving-Default-Route: "true"}
        splits:
        - appendHeaders: {Knative-Serving-Namespace: default, Knative-Serving-Revision: httpbin-00001}
          percent: 100
          serviceName: a
          serviceNamespace: default
          servicePort: 80
    visibility: ExternalIP`;

const revision = {
  'knative-serving-default-route': ['true'],
  'knative-serving-namespace': ['default'],
  'knative-serving-revision': ['httpbin-00001'],
};

export const knativeCases: RouteCase[] = [
  {
    name: 'the published Ingress',
    documents: published,
    checks: [
      {
        name: 'serves its external host',
        host: 'httpbin.default.example.com',
        server: 'a',
        received: revision,
      },
      {
        name: 'serves it with a port in the authority',
        host: 'httpbin.default.example.com:8080',
        server: 'a',
      },
      {
        name: 'sets its headers whatever the client sent',
        host: 'httpbin.default.example.com',
        headers: { 'knative-serving-revision': ['evil', 'more'], 'Knative-Serving-Default-Route': 'false' },
        received: revision,
      },
      ...['httpbin.default', 'httpbin.default.svc', 'httpbin.default.svc.cluster.local'].flatMap((host) => [
        {
          name: `serves ${host} on the local listener`,
          host,
          listener: 'local' as const,
          server: 'a',
          received: revision,
        },
        { name: `does not serve ${host} on the external listener`, host, status: 404, server: null },
      ]),
      {
        name: 'serves external hosts on the local listener, too',
        host: 'httpbin.default.example.com',
        listener: 'local',
        server: 'a',
      },
      { name: 'makes other hosts unknown', host: 'httpbin.example.com', status: 404, server: null },
      {
        name: 'makes other hosts unknown on the local listener',
        host: 'httpbin',
        listener: 'local',
        status: 404,
      },
    ],
  },
  {
    name: 'splits',
    documents: ingress(
      'splits',
      `rules:
- hosts: [split.example]
  http:
    paths:
    - splits:
      - {serviceName: a, percent: 70, appendHeaders: {x-revision: a}}
      - {serviceName: b, percent: 30, appendHeaders: {x-revision: b}}
- hosts: [zero.example]
  http:
    paths:
    - splits:
      - {serviceName: a, percent: 0}
      - {serviceName: b, percent: 100}
- hosts: [one.example]
  http: {paths: [{splits: [{serviceName: c}]}]}`,
    ),
    checks: [
      { name: 'share requests by percent', host: 'split.example', shares: { a: 70, b: 30 } },
      { name: 'of 0 percent get nothing', host: 'zero.example', shares: { b: 100 } },
      { name: 'may leave the percent out when there is one', host: 'one.example', server: 'c' },
    ],
  },
  {
    name: 'paths',
    documents: ingress(
      'paths',
      `rules:
- hosts: [paths.example]
  http:
    paths:
    - {splits: [{serviceName: a}]}
    - {path: /v, splits: [{serviceName: b}]}
    - {path: /v1/long, splits: [{serviceName: c}]}
    - {path: /v, headers: {x-tag: {exact: c}}, splits: [{serviceName: c}]}`,
    ),
    checks: [
      { name: 'are prefixes', host: 'paths.example', path: '/v1', server: 'b', receivedPath: '/v1' },
      { name: 'of which the longest counts', host: 'paths.example', path: '/v1/long/x', server: 'c' },
      { name: 'may be absent', host: 'paths.example', path: '/else', server: 'a' },
      {
        name: 'with headers go before those without',
        host: 'paths.example',
        path: '/v',
        headers: { 'X-Tag': 'c' },
        server: 'c',
      },
      {
        name: 'with other headers do not match',
        host: 'paths.example',
        path: '/v',
        headers: { 'X-Tag': 'd' },
        server: 'b',
      },
    ],
  },
  {
    name: 'appendHeaders',
    documents: ingress(
      'headers',
      `rules:
- hosts: [append.example]
  http:
    paths:
    - appendHeaders: {X-Both: path, X-Percent: "100%PROTOCOL%"}
      splits: [{serviceName: a, appendHeaders: {x-both: split}}]`,
    ),
    checks: [
      {
        name: 'of a split go before those of its path',
        host: 'append.example',
        received: { 'x-both': ['split'] },
      },
      {
        name: 'are sent as they are written',
        host: 'append.example',
        headers: { 'x-percent': 'client' },
        received: { 'x-percent': ['100%PROTOCOL%'] },
      },
    ],
  },
  {
    name: 'httpOption Redirected',
    documents: ingress(
      'redirected',
      `httpOption: Redirected
rules:
- hosts: [redirected.example]
  http: {paths: [{splits: [{serviceName: a}]}]}
- hosts: [redirected.default]
  visibility: ClusterLocal
  http: {paths: [{splits: [{serviceName: a}]}]}`,
    ),
    checks: [
      {
        name: 'answers clear text from outside with a redirect',
        host: 'redirected.example',
        path: '/x?y=1',
        status: 301,
        answered: { location: 'https://redirected.example/x?y=1' },
        server: null,
      },
      {
        name: 'leaves cluster-local hosts alone',
        host: 'redirected.default',
        listener: 'local',
        server: 'a',
      },
    ],
  },
  {
    name: 'rewriteHost, timeout and retries',
    documents: ingress(
      'rest',
      `rules:
- hosts: [rewritten.example]
  http: {paths: [{rewriteHost: inner.example, splits: [{serviceName: a}]}]}
- hosts: [timeout.example]
  http: {paths: [{timeout: 100ms, splits: [{serviceName: slow}]}]}
- hosts: ["*.wild.example"]
  http: {paths: [{splits: [{serviceName: b}]}]}`,
    ),
    checks: [
      { name: 'another host is sent', host: 'rewritten.example', received: { host: ['inner.example'] } },
      { name: 'a slow server is given up', host: 'timeout.example', status: 504, takes: 100 },
      { name: 'a pattern stands for its hosts', host: 'x.y.wild.example', server: 'b' },
    ],
  },
];
