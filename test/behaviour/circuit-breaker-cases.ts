import type { BehaviourCase } from './behaviour-case.ts';

/** A CircuitBreakerPolicy with these breakers, for the case's host. */
function breakers(...texts: string[]): string {
  const indented = texts
    .map((text) => text.trim().replace(/^/gm, '    ').replace(/^ {4}/, '  - '))
    .join('\n');
  return `---
apiVersion: sluice.dev/v1alpha1
kind: CircuitBreakerPolicy
metadata: { name: "{name}", namespace: default }
spec:
  targetRefs: [{ group: sluice.dev, kind: VirtualHost, name: "{host}" }]
  breakers:
${indented}
`;
}

function asm(breakerConfig: string): string {
  return `---
apiVersion: istio.alibabacloud.com/v1
kind: ASMCircuitBreaker
metadata: { name: "{name}", namespace: default }
spec:
  configs:
  - match: { vhost: { name: "{host}" } }
    breaker_config:
${breakerConfig.trim().replace(/^/gm, '      ')}
`;
}

/** Opens at the third failure in a row. */
const three = breakers('name: a\nconsecutiveFailures: 3\nopen: { duration: 60s }');
const grpc = { 'content-type': 'application/grpc' };

/** What a client sees of a breaker, whatever the proxy. */
export const circuitBreakerCases: BehaviourCase[] = [
  {
    name: 'opens at the failure rate, refuses, lets probes through after the open time, and closes',
    policies: breakers(
      'name: a\nfailureRate: 40\nminimumCalls: 10\nopen: { duration: 1s }\nhalfOpen: { probes: 2 }',
    ),
    steps: [
      { times: 6, expect: { 200: 6 } },
      { upstream: 'status 503', times: 4, expect: { 503: 4 } },
      { times: 5, expect: { 503: 5 }, headersOfLast: { 'retry-after': '1' }, bodyOfLast: '' },
      { waitMillis: 1050, times: 5, expect: { 200: 5 }, bodyOfLast: 'answer' },
      { upstream: 'status 500', times: 7, expect: { 500: 7 } },
      { expect: { 503: 1 } },
    ],
  },
  {
    name: 'opens again when probes fail',
    policies: breakers(
      'name: a\nconsecutiveFailures: 2\nopen: { duration: 1s, backoffFactor: 3 }\nhalfOpen: { probes: 1 }',
    ),
    steps: [
      { upstream: 'status 500', times: 2, expect: { 500: 2 } },
      { expect: { 503: 1 }, headersOfLast: { 'retry-after': '1' } },
      { waitMillis: 1050, upstream: 'status 500', expect: { 500: 1 } },
      { times: 3, expect: { 503: 3 }, headersOfLast: { 'retry-after': '3' } },
    ],
  },
  {
    name: 'the ASM breaker answers as it says after more slow requests than it bears',
    policies: asm(`window_size: 10s
break_duration: 60s
slow_request_rt: 0.2s
max_slow_requests: 5
min_request_amount: 2
custom_response:
  status_code: 498
  body: "delay break!"
  header_to_add: { x-envoy-overload: "true" }`),
    steps: [
      { upstream: 'slow 250', times: 6, expect: { 200: 6 } },
      {
        times: 3,
        expect: { 498: 3 },
        bodyOfLast: 'delay break!',
        headersOfLast: { 'x-envoy-overload': 'true', 'retry-after': '60' },
      },
    ],
  },
  {
    name: 'the ASM breaker bears as many slow requests as it says',
    policies: asm('slow_request_rt: 0.2s\nmax_slow_requests: 3\nbreak_duration: 60s'),
    steps: [
      { upstream: 'slow 250', times: 3, expect: { 200: 3 } },
      { times: 5, expect: { 200: 5 } },
    ],
  },
  {
    name: 'the ASM breaker opens at the share of errors',
    policies: asm('error_percent: { value: 50 }\nmin_request_amount: 4'),
    steps: [
      { times: 2, expect: { 200: 2 } },
      { upstream: 'status 502', times: 2, expect: { 502: 2 } },
      { expect: { 503: 1 }, headersOfLast: { 'retry-after': '30' } },
    ],
  },
  {
    name: 'the ASM breaker opens when the mean time is above its limit',
    policies: asm('average_request_rt: 0.04s\nmin_request_amount: 2'),
    steps: [{ upstream: 'slow 60', times: 2, expect: { 200: 2 } }, { expect: { 503: 1 } }],
  },
  ...(
    [
      ['a status from 500', 'status 500', 500],
      ['a reset before the response', 'reset', 503],
      ['a connection closed before the response', 'disconnect', 503],
      ['a gRPC status in trailers', 'grpc 14', 200],
      ['a gRPC status without trailers', 'grpc 13 alone', 200],
    ] as const
  ).map(
    ([what, upstream, status]): BehaviourCase => ({
      name: `${what} is a failure`,
      policies: three,
      ...(upstream === 'disconnect' && { upstream: 'own' }),
      steps: [
        { upstream, times: 2, expect: { [status]: 2 } },
        { upstream: upstream.startsWith('grpc') ? 'grpc 0' : 'ok', expect: { 200: 1 } },
        { upstream, times: 3, expect: { [status]: 3 } },
        { times: 2, expect: { 503: 2 } },
      ],
    }),
  ),
  {
    name: 'no connection to the upstream is a failure',
    policies: breakers('name: a\nconsecutiveFailures: 3\nopen: { duration: 60s }\nresponse: { status: 418 }'),
    upstream: 'none',
    steps: [{ times: 5, expect: { 503: 3, 418: 2 } }],
  },
  {
    name: 'only the statuses chosen are failures',
    policies: breakers(
      'name: a\nconsecutiveFailures: 1\nfailures: { statuses: [429, 502-504] }\nopen: { duration: 60s }',
    ),
    steps: [
      { upstream: 'status 500', times: 3, expect: { 500: 3 } },
      { upstream: 'status 429', expect: { 429: 1 } },
      { expect: { 503: 1 } },
    ],
  },
  {
    name: 'refusals of a limit are no failures, and an open breaker takes no token',
    policies: `${breakers('name: a\nconsecutiveFailures: 2\nfailures: { statuses: [429] }\nopen: { duration: 1s }\nhalfOpen: { probes: 1 }')}---
apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata: { name: "{name}", namespace: default }
spec:
  targetRefs: [{ group: sluice.dev, kind: VirtualHost, name: "{host}" }]
  rules: [{ name: a, limit: { tokenBucket: { maxTokens: 5, fillInterval: 6000s } } }]
`,
    steps: [
      { upstream: 'status 429', times: 2, expect: { 429: 2 } },
      { times: 20, expect: { 503: 20 } },
      { waitMillis: 1050, times: 3, expect: { 200: 3 } },
      { times: 10, expect: { 429: 10 } },
    ],
  },
  {
    name: 'a breaker for each value of a header',
    policies: breakers(
      'name: a\nkey: [{ header: x-tenant }]\nconsecutiveFailures: 2\nopen: { duration: 60s }',
    ),
    steps: [
      { headers: { 'x-tenant': 'ann' }, upstream: 'status 500', times: 2, expect: { 500: 2 } },
      { headers: { 'x-tenant': 'ann' }, times: 2, expect: { 503: 2 } },
      { headers: { 'x-tenant': 'bob' }, times: 2, expect: { 200: 2 } },
    ],
  },
  {
    name: 'the first breaker that matches is the request’s',
    policies: breakers(
      'name: writes\nmatch: { methods: [POST] }\nconsecutiveFailures: 1\nopen: { duration: 60s }\nresponse: { status: 418 }',
      'name: rest\nconsecutiveFailures: 1\nopen: { duration: 60s }',
    ),
    steps: [
      { method: 'POST', upstream: 'status 500', expect: { 500: 1 } },
      { method: 'POST', expect: { 418: 1 } },
      { upstream: 'status 500', expect: { 500: 1 } },
      { expect: { 503: 1 } },
    ],
  },
  {
    name: 'forced open refuses everything, with a success if the policy says so',
    policies: breakers(
      'name: a\nmode: forcedOpen\nresponse: { status: 200, body: "{}", headers: [{ name: content-type, value: application/json }] }',
    ),
    steps: [
      {
        times: 3,
        expect: { 200: 3 },
        bodyOfLast: '{}',
        headersOfLast: { 'content-type': 'application/json' },
      },
    ],
  },
  ...(['forcedClosed', 'disabled', 'metricsOnly'] as const).map(
    (mode): BehaviourCase => ({
      name: `mode ${mode} refuses nothing`,
      policies: breakers(`name: a\nmode: ${mode}\nconsecutiveFailures: 1`),
      steps: [{ upstream: 'status 500', times: 6, expect: { 500: 6 } }],
    }),
  ),
  {
    name: 'a gRPC request is refused with a gRPC status',
    policies: breakers('name: a\nmode: forcedOpen'),
    steps: [{ headers: grpc, expect: { 200: 1 }, headersOfLast: { 'grpc-status': '14' } }],
  },
  {
    name: 'calls older than the window do not count',
    policies: breakers('name: a\nfailureRate: 50\nminimumCalls: 3\nwindow: { time: 1s }'),
    steps: [
      { upstream: 'status 500', times: 2, expect: { 500: 2 } },
      { waitMillis: 1100, upstream: 'status 500', times: 2, expect: { 500: 2 } },
      { expect: { 200: 1 } },
      { expect: { 503: 1 } },
    ],
  },
];
