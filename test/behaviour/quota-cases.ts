import type { BehaviourCase, GroupedRequests } from './behaviour-case.ts';
import { labelCases } from './label-cases.ts';
import {
  asmPolicy,
  asmQuota,
  asmWorkloads,
  NEVER_MILLIS,
  quota,
  quotaPolicy,
  rateLimitPolicy,
  workloads,
} from './quota-policies.ts';

/**
 * A request that has its answer at once: more than a busy machine needs. Where a wait would be no longer than this, the
 * order in which requests are let through says that one did not wait.
 */
const atOnce = { waitedAtMostMillis: 1500 };
const passes = { expect: { 200: 1 } };
const passesAtOnce = { ...passes, ...atOnce };
const refusedAtOnce = { expect: { 503: 1 }, ...atOnce };
const gRpc = { method: 'POST', protocol: 'h2', headers: { 'content-type': 'application/grpc' } } as const;
/** Larger than the 1 MiB that Envoy keeps of a request. */
const LARGE = 2_000_000;

/** A request of an own workload that is let through, called by its name. */
const of = (name: string, rest: Partial<GroupedRequests> = {}): GroupedRequests => ({
  name,
  headers: { 'x-workload': name },
  ...passes,
  ...rest,
});
/** The same of an ASM workload. */
const user = (name: string, rest: Partial<GroupedRequests> = {}): GroupedRequests => ({
  ...of(name, rest),
  headers: { user_type: name },
});
/** Takes the only token there is, so that what comes next waits. */
const first: GroupedRequests = { name: 'first', ...passesAtOnce };
const onHttp1 = (requests: GroupedRequests): GroupedRequests => ({ ...requests, protocol: 'http1' });
const header = (name: string) => [{ header: name }];

/** The same behaviour of both kinds. */
function ofBothKinds(name: string, asm: string, own: string, steps: BehaviourCase['steps']): BehaviourCase[] {
  return [
    { name: `${name} (ASM)`, policies: asm, steps },
    { name, policies: own, steps },
  ];
}

const holding: BehaviourCase[] = [
  ...ofBothKinds(
    'a burst as large as the bucket passes at once',
    asmPolicy(asmQuota(6, NEVER_MILLIS)),
    quotaPolicy({ quota: quota(6, NEVER_MILLIS) }),
    [{ together: [{ protocol: 'http1', afterMillis: 0, times: 6, expect: { 200: 6 }, ...atOnce }] }],
  ),
  ...ofBothKinds(
    'over quota a request is held until its token comes',
    asmPolicy(asmQuota(1, 900)),
    quotaPolicy({ quota: quota(1, 900) }),
    [
      {
        together: [
          onHttp1(first),
          onHttp1({ ...passes, waitedAtLeastMillis: 250, waitedAtMostMillis: 3000 }),
        ],
      },
    ],
  ),
  {
    name: 'held requests pass one by one as tokens come, in order of arrival',
    policies: quotaPolicy({ quota: quota(1, 150) }),
    steps: [
      {
        together: [
          first,
          { name: 'second', ...passes },
          { name: 'third', ...passes },
          { name: 'fourth', ...passes, waitedAtLeastMillis: 250 },
        ],
        letThrough: ['first', 'second', 'third', 'fourth'],
      },
    ],
  },
  {
    name: 'requests on all workers wait in one queue',
    policies: quotaPolicy({ quota: quota(4, 100) }),
    steps: [
      // Connections are there before their order matters.
      {
        together: ['a', 'b', 'c', 'd'].map((connection) => ({ connection, ...passesAtOnce })),
      },
      {
        together: ['a', 'b', 'c', 'd', 'c', 'b', 'a'].map((connection, index) => ({
          name: String(index),
          connection,
          ...passes,
        })),
        letThrough: ['0', '1', '2', '3', '4', '5', '6'],
      },
    ],
  },
  ...ofBothKinds(
    'the heavier workload goes first, each in order of arrival',
    asmPolicy({
      ...asmQuota(1, 200),
      scheduler: { workloads: asmWorkloads({ guest: { priority: 50 }, subscriber: { priority: 200 } }) },
    }),
    quotaPolicy({
      quota: quota(1, 200),
      workloads: ['guest', 'subscriber'].map((name) => ({
        name,
        match: { headers: [{ name: 'user_type', exact: name }] },
        priority: name === 'guest' ? 50 : 200,
      })),
    }),
    [
      {
        together: [
          first,
          user('guest', { times: 2, expect: { 200: 2 } }),
          user('subscriber', { times: 3, expect: { 200: 3 } }),
        ],
        letThrough: ['first', 'subscriber', 'subscriber', 'subscriber', 'guest', 'guest'],
      },
    ],
  ),
  {
    name: 'a light workload gets its share beside a heavy one',
    policies: quotaPolicy({
      quota: quota(1, 250),
      workloads: workloads({ light: { priority: 1 }, heavy: { priority: 2 } }),
    }),
    steps: [
      {
        together: [
          first,
          of('light', { times: 3, expect: { 200: 3 } }),
          of('heavy', { times: 5, expect: { 200: 5 } }),
        ],
        letThrough: ['first', 'heavy', 'heavy', 'light', 'heavy', 'heavy', 'light', 'heavy', 'light'],
      },
    ],
  },
  {
    name: 'requests of no workload have the weight of the default one',
    policies: quotaPolicy({
      quota: quota(1, 200),
      workloads: workloads({ light: { priority: 1 } }),
      defaultWorkload: { priority: 100 },
    }),
    steps: [
      {
        together: [first, of('light'), of('unknown', { times: 2, expect: { 200: 2 } })],
        letThrough: ['first', 'unknown', 'unknown', 'light'],
      },
    ],
  },
  {
    name: 'a workload of no tokens never waits',
    policies: asmPolicy({
      ...asmQuota(1, NEVER_MILLIS),
      scheduler: {
        workloads: asmWorkloads({ free: { tokens: 0 } }),
        default_workload_parameters: { queue_timeout: '1s' },
      },
    }),
    steps: [
      { expect: { 200: 1 } },
      refusedAtOnce,
      { headers: { user_type: 'free' }, times: 5, expect: { 200: 5 } },
    ],
  },
  {
    name: 'without a fill only requests of no tokens pass once the bucket is used up',
    policies: asmPolicy({
      bucket_capacity: 2,
      fill_amount: 0,
      rate_limiter: { interval: '1ms' },
      scheduler: { workloads: asmWorkloads({ free: { tokens: 0 } }) },
    }),
    steps: [
      { times: 2, expect: { 200: 2 } },
      refusedAtOnce,
      { headers: { user_type: 'free' }, expect: { 200: 1 } },
    ],
  },
  {
    name: 'a workload of several tokens takes them all, also when it was held',
    policies: quotaPolicy({
      quota: quota(5, 100),
      workloads: workloads({ big: { tokens: 3 } }),
    }),
    steps: [
      {
        together: [
          of('big', atOnce),
          of('small', { times: 2, expect: { 200: 2 }, ...atOnce }),
          of('big', { waitedAtLeastMillis: 150 }),
        ],
      },
    ],
  },
];

const filling: BehaviourCase[] = [
  {
    name: 'a fill that is not continuous comes at once, at the end of the interval',
    policies: asmPolicy({
      bucket_capacity: 2,
      fill_amount: 2,
      rate_limiter: { interval: '800ms', continuous_fill: false },
      scheduler: { tokens_label_key: 'http.request.header.x-tokens' },
    }),
    steps: [
      // Intervals count from the configuration on. Whoever comes second here passes at the end of one, and leaves a token.
      { together: [{ headers: { 'x-tokens': '2' }, ...passes }, passes] },
      {
        together: [
          passesAtOnce,
          { times: 2, expect: { 200: 2 }, waitedAtLeastMillis: 450, waitedAtMostMillis: 3000 },
        ],
      },
    ],
  },
  {
    name: 'a delayed initial fill begins when a whole bucket would have been refilled',
    policies: asmPolicy({
      ...asmQuota(1, 600_000, { delay_initial_fill: true }),
      scheduler: { default_workload_parameters: { queue_timeout: '1ms' } },
    }),
    // 600 s of delay and 600 s for the token, less the age of the configuration.
    steps: [
      { expect: { 200: 1 } },
      { ...refusedAtOnce, headersOfLast: { 'retry-after': /^(1200|1[01]\d\d)$/ } },
    ],
  },
  {
    name: 'a quota of less than a token fills in parts of tokens',
    policies: quotaPolicy({
      quota: { capacity: 0.5, fillAmount: 0.25, fillInterval: '150ms' },
      defaultWorkload: { tokens: 0.5 },
    }),
    steps: [{ together: [first, { ...passes, waitedAtLeastMillis: 150, waitedAtMostMillis: 3000 }] }],
  },
];

const refusing: BehaviourCase[] = [
  {
    name: 'a request whose time is up after heavier ones came is answered 503',
    policies: asmPolicy({
      ...asmQuota(1, 250),
      scheduler: {
        workloads: asmWorkloads({
          guest: { priority: 1, queue_timeout: '400ms' },
          subscriber: { priority: 1000 },
        }),
      },
    }),
    steps: [
      {
        together: [
          first,
          user('guest', {
            expect: { 503: 1 },
            waitedAtLeastMillis: 390,
            waitedAtMostMillis: 2000,
            headersOfLast: { 'retry-after': /^[1-9]\d*$/, 'x-local-rate-limit': null },
          }),
          user('subscriber', { times: 3, expect: { 200: 3 } }),
        ],
      },
    ],
  },
  {
    name: 'a refusal after a wait carries status, body and headers of the policy',
    policies: quotaPolicy({
      quota: quota(1, 200),
      workloads: workloads({ guest: { priority: 1, queueTimeout: '300ms' }, heavy: { priority: 1000 } }),
      response: { status: 429, body: 'later', headers: [{ name: 'x-by', value: 'sluice' }] },
    }),
    steps: [
      {
        together: [
          first,
          of('guest', {
            expect: { 429: 1 },
            bodyOfLast: 'later',
            headersOfLast: { 'x-by': 'sluice', 'content-type': 'text/plain', 'retry-after': /^[1-9]\d*$/ },
          }),
          of('heavy', { times: 2, expect: { 200: 2 } }),
        ],
      },
    ],
  },
  {
    name: 'a refusal at once carries status, body and headers of the policy',
    policies: quotaPolicy({
      quota: quota(1, NEVER_MILLIS),
      defaultWorkload: { queueTimeout: '1s' },
      response: { status: 429, body: 'later', headers: [{ name: 'x-by', value: 'sluice' }] },
    }),
    steps: [
      { expect: { 200: 1 } },
      {
        expect: { 429: 1 },
        bodyOfLast: 'later',
        headersOfLast: { 'x-by': 'sluice', 'content-length': '5', 'retry-after': '59' },
        ...atOnce,
      },
    ],
  },
  {
    name: 'the status of a refusal is the one the ASM policy asks for',
    policies: asmPolicy({
      ...asmQuota(1, NEVER_MILLIS),
      scheduler: { default_workload_parameters: { queue_timeout: '1s' }, denied_response_status_code: 429 },
    }),
    steps: [{ expect: { 200: 1 } }, { expect: { 429: 1 }, bodyOfLast: '', ...atOnce }],
  },
  {
    name: 'who comes back after retry-after is let through, held at most for its timeout',
    policies: quotaPolicy({ quota: quota(1, 1400), defaultWorkload: { queueTimeout: '500ms' } }),
    steps: [
      { expect: { 200: 1 } },
      { ...refusedAtOnce, headersOfLast: { 'retry-after': '1' } },
      { waitMillis: 1000, expect: { 200: 1 }, waitedAtMostMillis: 2000 },
    ],
  },
  {
    name: 'a request without a timeout waits as long as its caller, 15 s unless told',
    policies: asmPolicy(asmQuota(1, 20_500)),
    steps: [{ expect: { 200: 1 } }, { ...refusedAtOnce, headersOfLast: { 'retry-after': '6' } }],
  },
  {
    name: 'how long callers wait, and the margin, are the ones of the policy',
    policies: quotaPolicy({ quota: quota(1, 20_000), requestTimeout: '10s', deadlineMargin: '5500ms' }),
    steps: [{ expect: { 200: 1 } }, { ...refusedAtOnce, headersOfLast: { 'retry-after': '16' } }],
  },
  {
    name: 'the margin of an ASM policy is taken off the time of the caller',
    policies: asmPolicy({ ...asmQuota(1, 20_000), scheduler: { decision_deadline_margin: '5.5s' } }),
    steps: [{ expect: { 200: 1 } }, { ...refusedAtOnce, headersOfLast: { 'retry-after': '11' } }],
  },
  {
    name: 'grpc-timeout is how long the caller waits, whoever it is',
    policies: quotaPolicy({ quota: quota(1, 400) }),
    steps: [
      {
        together: [
          first,
          { name: 'patient', headers: { 'grpc-timeout': '5S' }, ...passes, waitedAtLeastMillis: 150 },
          { headers: { 'grpc-timeout': '50m' }, ...refusedAtOnce },
          { headers: { 'grpc-timeout': '100000u' }, ...refusedAtOnce },
        ],
        letThrough: ['first', 'patient'],
      },
    ],
  },
  {
    name: 'a grpc-timeout that is none says nothing',
    policies: quotaPolicy({ quota: quota(1, 20_000), requestTimeout: '10s', deadlineMargin: '0s' }),
    steps: [
      { expect: { 200: 1 } },
      ...['1', 'S', '1x', '-1S', '123456789S', ''].map((value) => ({
        headers: { 'grpc-timeout': value },
        ...refusedAtOnce,
        headersOfLast: { 'retry-after': '10' },
      })),
      { headers: { 'grpc-timeout': '5S' }, ...refusedAtOnce, headersOfLast: { 'retry-after': '15' } },
    ],
  },
  {
    name: 'the deadline header says how long the caller waits, and the shorter of two counts',
    policies: quotaPolicy({ quota: quota(1, 20_000), deadlineHeader: 'X-Deadline', deadlineMargin: '500ms' }),
    steps: [
      { expect: { 200: 1 } },
      { headers: { 'x-deadline': '8000' }, ...refusedAtOnce, headersOfLast: { 'retry-after': '13' } },
      { headers: { 'x-deadline': '8s' }, ...refusedAtOnce, headersOfLast: { 'retry-after': '6' } },
      {
        headers: { 'x-deadline': '8000', 'grpc-timeout': '4S' },
        ...refusedAtOnce,
        headersOfLast: { 'retry-after': '17' },
      },
      {
        headers: { 'x-deadline': '2000', 'grpc-timeout': '4S' },
        ...refusedAtOnce,
        headersOfLast: { 'retry-after': '19' },
      },
    ],
  },
  {
    name: 'the queue timeout is not made longer by a caller that waits longer',
    policies: quotaPolicy({ quota: quota(1, 20_500), defaultWorkload: { queueTimeout: '3500ms' } }),
    steps: [
      { expect: { 200: 1 } },
      { headers: { 'grpc-timeout': '1H' }, ...refusedAtOnce, headersOfLast: { 'retry-after': '17' } },
      { headers: { 'grpc-timeout': '1S' }, ...refusedAtOnce, headersOfLast: { 'retry-after': '20' } },
    ],
  },
];

const capacities: BehaviourCase[] = [
  {
    name: 'when the queue is full the newest of the lowest weight gives way',
    policies: quotaPolicy({
      quota: quota(1, 500),
      queueCapacity: 2,
      workloads: workloads({ guest: { priority: 1 }, subscriber: { priority: 4 } }),
    }),
    steps: [
      {
        together: [
          first,
          of('guest', {}),
          of('guest', { expect: { 503: 1 }, ...atOnce }),
          of('subscriber', { afterMillis: 30 }),
        ],
        letThrough: ['first', 'subscriber', 'guest'],
      },
    ],
  },
  {
    name: 'when the queue is full one of the lowest weight gives way, whichever worker has it',
    policies: quotaPolicy({
      quota: quota(1, 400),
      queueCapacity: 3,
      workloads: workloads({ guest: { priority: 1 }, subscriber: { priority: 4 } }),
    }),
    steps: [
      {
        together: [
          first,
          of('guest', { times: 3, expect: { 200: 1, 503: 2 } }),
          of('subscriber', { afterMillis: 20, times: 2, expect: { 200: 2 } }),
        ],
        letThrough: ['first', 'subscriber', 'subscriber', 'guest'],
      },
    ],
  },
  {
    name: 'when the queue is full of as heavy ones the newcomer is refused, and told when it would have been its turn',
    policies: quotaPolicy({ quota: quota(1, 1200), queueCapacity: 1 }),
    steps: [
      {
        together: [
          first,
          { name: 'second', ...passes },
          { ...refusedAtOnce, headersOfLast: { 'retry-after': '3' } },
        ],
        letThrough: ['first', 'second'],
      },
    ],
  },
  {
    name: 'a workload whose queue is full is refused while others still wait',
    policies: quotaPolicy({
      quota: quota(1, 200),
      workloads: workloads({ narrow: { queueCapacity: 1 }, wide: {} }),
    }),
    steps: [
      {
        together: [
          first,
          of('narrow'),
          of('narrow', refusedAtOnce),
          of('wide', { times: 2, expect: { 200: 2 } }),
        ],
        letThrough: ['first', 'narrow', 'wide', 'wide'],
      },
    ],
  },
  {
    name: 'a workload below its floor is served first, then in proportion',
    policies: quotaPolicy({
      quota: quota(1, 150),
      workloads: workloads({ heavy: { priority: 1000 }, kept: { priority: 10, floor: 0.1 } }),
    }),
    steps: [
      {
        together: [
          first,
          of('heavy', { times: 3, expect: { 200: 3 } }),
          of('kept', { times: 2, expect: { 200: 2 } }),
        ],
        letThrough: ['first', 'kept', 'heavy', 'heavy', 'heavy', 'kept'],
      },
    ],
  },
  {
    name: 'a workload at its cap waits though there are tokens, which others take',
    policies: quotaPolicy({
      quota: quota(10, 100),
      workloads: workloads({ capped: { cap: 1 } }),
    }),
    steps: [
      {
        together: [
          of('capped', atOnce),
          of('capped', { waitedAtLeastMillis: 500, waitedAtMostMillis: 4000 }),
          of('others', { times: 3, expect: { 200: 3 } }),
        ],
        letThrough: ['capped', 'others', 'others', 'others', 'capped'],
      },
    ],
  },
  {
    name: 'the strict tier is served before all others',
    policies: quotaPolicy({
      quota: quota(1, 150),
      workloads: workloads({ heavy: { priority: 1000 }, strict: { priority: 10, strict: true } }),
    }),
    steps: [
      {
        together: [
          first,
          of('heavy', { times: 2, expect: { 200: 2 } }),
          of('strict', { times: 2, expect: { 200: 2 } }),
        ],
        letThrough: ['first', 'strict', 'strict', 'heavy', 'heavy'],
      },
    ],
  },
  {
    name: 'who has waited for the time of ageing is served with the strict tier',
    policies: quotaPolicy({
      quota: quota(1, 500),
      strictAgeing: '100ms',
      workloads: workloads({ heavy: { priority: 1000 }, strict: { priority: 10, strict: true } }),
    }),
    steps: [
      {
        together: [first, of('heavy'), of('strict', { times: 2, expect: { 200: 2 } })],
        letThrough: ['first', 'heavy', 'strict', 'strict'],
      },
    ],
  },
  {
    name: 'shadow mode holds and refuses nothing',
    policies: quotaPolicy({
      quota: quota(1, NEVER_MILLIS),
      shadowMode: true,
      defaultWorkload: { queueTimeout: '1ms' },
    }),
    steps: [{ together: [{ times: 6, expect: { 200: 6 }, ...atOnce }] }],
  },
];

const choosing: BehaviourCase[] = [
  {
    name: 'the value of workload_label_key names the workload, and one that names none changes nothing',
    policies: asmPolicy({
      ...asmQuota(1, NEVER_MILLIS),
      scheduler: {
        workload_label_key: 'http.request.header.x-class',
        workloads: [
          {
            name: 'free',
            label_matcher: { match_labels: { 'http.method': 'PUT' } },
            parameters: { tokens: 0 },
          },
        ],
        default_workload_parameters: { queue_timeout: '1s' },
      },
    }),
    steps: [
      { expect: { 200: 1 } },
      { headers: { 'x-class': 'free' }, times: 3, expect: { 200: 3 } },
      { headers: { 'x-class': 'other' }, ...refusedAtOnce },
      { headers: { 'x-class': 'default' }, ...refusedAtOnce },
      { headers: { 'x-class': 'other' }, method: 'PUT', expect: { 200: 1 } },
      { method: 'PUT', expect: { 200: 1 } },
    ],
  },
  {
    name: 'tokens_label_key says what a request takes: at least 1, at most the capacity, garbage nothing',
    policies: asmPolicy({
      ...asmQuota(10, NEVER_MILLIS),
      scheduler: {
        tokens_label_key: 'http.request.header.x_tokens',
        workloads: asmWorkloads({ free: { tokens: 0 } }),
        default_workload_parameters: { tokens: 2, queue_timeout: '1s' },
      },
    }),
    steps: [
      { headers: { 'x-tokens': '3.5' }, expect: { 200: 1 } }, // 6.5 left
      { headers: { 'x-tokens': '0.001' }, expect: { 200: 1 } }, // 5.5
      { headers: { 'x-tokens': 'many' }, expect: { 200: 1 } }, // 3.5
      {
        headers: { 'x-tokens': '99999999999999999999999' },
        ...refusedAtOnce,
        headersOfLast: { 'retry-after': '389' },
      },
      { headers: { 'x-tokens': '-1' }, expect: { 200: 1 } }, // 1.5
      { headers: { 'x-tokens': '1' }, expect: { 200: 1 } }, // 0.5
      { headers: { 'x-tokens': '1' }, ...refusedAtOnce },
      { headers: { user_type: 'free' }, expect: { 200: 1 } },
    ],
  },
  {
    name: 'priority_label_key weighs within the workload alone',
    policies: asmPolicy({
      ...asmQuota(1, 150),
      scheduler: {
        priority_label_key: 'http.request.header.x-priority',
        workloads: asmWorkloads({ guest: { priority: 1 }, subscriber: { priority: 100 } }),
      },
    }),
    steps: [
      {
        together: [
          first,
          user('guest', { name: 'low' }),
          {
            ...user('guest', { name: 'high', times: 2, expect: { 200: 2 } }),
            headers: { user_type: 'guest', 'x-priority': '500' },
          },
          user('subscriber'),
        ],
        letThrough: ['first', 'subscriber', 'high', 'high', 'low'],
      },
    ],
  },
  {
    name: 'fairness_label_key gives every value the same share of the workload',
    policies: asmPolicy({
      ...asmQuota(1, 150),
      scheduler: { fairness_label_key: 'http.request.header.x-user' },
    }),
    steps: [
      {
        together: [
          first,
          { name: 'ann', headers: { 'x-user': 'ann' }, times: 4, expect: { 200: 4 } },
          { name: 'bob', headers: { 'x-user': 'bob' }, times: 2, expect: { 200: 2 } },
        ],
        letThrough: ['first', 'ann', 'bob', 'ann', 'bob', 'ann', 'ann'],
      },
    ],
  },
  {
    name: 'limit_by_label_key gives each value its own quota, and one to those without',
    policies: asmPolicy({
      ...asmQuota(2, NEVER_MILLIS, { limit_by_label_key: 'http.request.header.user_id' }),
      scheduler: { default_workload_parameters: { queue_timeout: '1s' } },
    }),
    steps: [
      { headers: { user_id: 'ann' }, times: 2, expect: { 200: 2 } },
      { headers: { 'user-id': 'ann' }, ...refusedAtOnce },
      { headers: { 'user-id': 'bob' }, times: 3, expect: { 200: 2, 503: 1 } },
      { times: 3, expect: { 200: 2, 503: 1 } },
    ],
  },
  {
    name: 'requests are held in the queue of their own key',
    policies: quotaPolicy({ quota: quota(1, 600), limitBy: header('x-tenant') }),
    steps: [
      {
        together: [
          { name: 'ann', headers: { 'x-tenant': 'ann' }, ...passesAtOnce },
          { name: 'held', headers: { 'x-tenant': 'ann' }, ...passes, waitedAtLeastMillis: 300 },
          { name: 'bob', headers: { 'x-tenant': 'bob' }, ...passes },
          {
            name: 'held',
            headers: { 'x-tenant': 'bob' },
            ...passes,
            waitedAtLeastMillis: 300,
            waitedAtMostMillis: 4000,
          },
        ],
        letThrough: ['ann', 'bob', 'held', 'held'],
      },
    ],
  },
  {
    name: 'the first part of limitBy that a request has is its key',
    policies: quotaPolicy({
      quota: quota(1, NEVER_MILLIS),
      defaultWorkload: { queueTimeout: '1s' },
      limitBy: [
        { cookie: 'session' },
        { queryParameter: 'key' },
        { clientAddress: { ipv4PrefixLength: 24 } },
      ],
    }),
    steps: [
      { headers: { cookie: 'a=b; session=one' }, path: '/?key=x', times: 2, expect: { 200: 1, 503: 1 } },
      { path: '/?key=x', times: 2, expect: { 200: 1, 503: 1 } },
      { path: '/?key=y', times: 2, expect: { 200: 1, 503: 1 } },
      { from: '127.0.0.1', times: 2, expect: { 200: 1, 503: 1 } },
      { from: '127.0.0.9', expect: { 503: 1 } },
      { from: '127.0.1.1', times: 2, expect: { 200: 1, 503: 1 } },
    ],
  },
  {
    name: 'workload, tokens, priority and fairness come from any part of a request',
    policies: quotaPolicy({
      quota: quota(4, 150),
      workloadFrom: [{ queryParameter: 'class' }, { cookie: 'class' }],
      tokensFrom: [{ queryParameter: 'tokens' }],
      priorityFrom: header('x-priority'),
      fairnessBy: [{ header: 'x-user' }, { path: {} }],
      workloads: [
        { name: 'light', match: { methods: ['PUT'] }, priority: 1 },
        { name: 'heavy', match: { methods: ['PUT'] }, priority: 1000 },
      ],
    }),
    steps: [
      {
        together: [
          { name: 'first', path: '/?tokens=4', ...passesAtOnce },
          { name: 'light', headers: { cookie: 'class=light' }, ...passes },
          { name: 'a', path: '/a?class=heavy', times: 2, expect: { 200: 2 } },
          { name: 'b', path: '/b?class=heavy&tokens=2', headers: { 'x-priority': '10' }, ...passes },
        ],
        letThrough: ['first', 'b', 'a', 'a', 'light'],
      },
    ],
  },
  {
    name: 'own workloads match by path, method, header, query, cookie and address, and the first counts',
    policies: quotaPolicy({
      quota: quota(1, NEVER_MILLIS),
      defaultWorkload: { queueTimeout: '1s' },
      workloads: [
        { name: 'paid', match: { path: { prefix: '/free/not' } }, queueTimeout: '1s' },
        {
          name: 'free',
          match: {
            path: { regex: '/free/.*' },
            methods: ['GET', 'PUT'],
            headers: [{ name: 'x-a', contains: 'n' }],
            queryParameters: [{ name: 'q', exact: '1' }],
            cookies: [{ name: 'c', present: true }],
            clientAddresses: { ranges: ['127.0.0.0/30'] },
          },
          tokens: 0,
        },
      ],
    }),
    steps: [
      { expect: { 200: 1 } },
      { path: '/free/a?q=1', headers: { 'x-a': 'one', cookie: 'c=x' }, times: 2, expect: { 200: 2 } },
      { path: '/free/not?q=1', headers: { 'x-a': 'one', cookie: 'c=x' }, ...refusedAtOnce },
      { path: '/other?q=1', headers: { 'x-a': 'one', cookie: 'c=x' }, ...refusedAtOnce },
      { path: '/free/a?q=1', headers: { 'x-a': 'one', cookie: 'c=x' }, method: 'POST', ...refusedAtOnce },
      { path: '/free/a?q=1', headers: { 'x-a': 'two', cookie: 'c=x' }, ...refusedAtOnce },
      { path: '/free/a?q=2', headers: { 'x-a': 'one', cookie: 'c=x' }, ...refusedAtOnce },
      { path: '/free/a?q=1', headers: { 'x-a': 'one' }, ...refusedAtOnce },
      { path: '/free/a?q=1', headers: { 'x-a': 'one', cookie: 'c=x' }, from: '127.0.0.5', ...refusedAtOnce },
    ],
  },
  {
    name: 'a request belongs to the policy of the most exact host alone',
    policies: `${quotaPolicy({
      metadata: { name: '{name}-wide', namespace: 'default' },
      targetRefs: [{ group: 'sluice.dev', kind: 'VirtualHost', name: '*.{host}' }],
      quota: quota(1, NEVER_MILLIS),
      defaultWorkload: { queueTimeout: '1s' },
    })}${quotaPolicy({
      metadata: { name: '{name}-exact', namespace: 'default' },
      targetRefs: [{ group: 'sluice.dev', kind: 'VirtualHost', name: 'a.{host}' }],
      quota: quota(2, NEVER_MILLIS),
      defaultWorkload: { queueTimeout: '1s' },
    })}`,
    steps: [
      { host: 'a.{host}', times: 3, expect: { 200: 2, 503: 1 } },
      { host: 'b.{host}:8080', expect: { 200: 1 } },
      { host: 'C.{host}', ...refusedAtOnce },
      { times: 3, expect: { 200: 3 } },
    ],
  },
  {
    name: 'match_requests narrows a policy to some requests',
    policies: asmPolicy({
      ...asmQuota(1, NEVER_MILLIS),
      scheduler: { default_workload_parameters: { queue_timeout: '1s' } },
      match_requests: [
        {
          method: 'POST',
          path: { regex: '/v[0-9]+/.*' },
          host: { prefix: 'CASE' },
          scheme: 'http',
          headers: { 'X-Plan': { suffix: 'ld' } },
        },
        { path: { exact: '/all' } },
      ],
    }),
    steps: [
      {
        method: 'POST',
        path: '/v1/a?b',
        headers: { 'x-plan': 'gold' },
        times: 2,
        expect: { 200: 1, 503: 1 },
      },
      { method: 'GET', path: '/v1/a', headers: { 'x-plan': 'gold' }, times: 2, expect: { 200: 2 } },
      { method: 'POST', path: '/v1', headers: { 'x-plan': 'gold' }, times: 2, expect: { 200: 2 } },
      { method: 'POST', path: '/v1/a', headers: { 'x-plan': 'silver' }, times: 2, expect: { 200: 2 } },
      { path: '/all?x', ...refusedAtOnce },
    ],
  },
  {
    name: 'selectors share one quota, each with its own label matcher',
    policies: asmPolicy({
      ...asmQuota(2, NEVER_MILLIS),
      scheduler: { default_workload_parameters: { queue_timeout: '1s' } },
      selectors: [
        { service: 'a.{host}' },
        { service: 'b.{host}', label_matcher: { match_labels: { 'http.method': 'POST' } } },
      ],
    }),
    steps: [
      { host: 'a.{host}', expect: { 200: 1 } },
      { host: 'b.{host}', times: 2, expect: { 200: 2 } },
      { host: 'b.{host}', method: 'POST', expect: { 200: 1 } },
      { host: 'a.{host}', ...refusedAtOnce },
      { host: 'b.{host}', method: 'POST', ...refusedAtOnce },
      { host: 'c.{host}', times: 2, expect: { 200: 2 } },
    ],
  },
  {
    name: 'a service of an ASM policy is known by its short names too',
    policies: asmPolicy({
      ...asmQuota(3, NEVER_MILLIS),
      scheduler: {
        default_workload_parameters: { queue_timeout: '1s' },
        selectors: [{ service: '{name}-svc.shop.svc.cluster.local' }],
      },
      selectors: undefined,
    }),
    steps: [
      { host: '{name}-svc.shop.svc.cluster.local', expect: { 200: 1 } },
      { host: '{name}-svc.shop', expect: { 200: 1 } },
      { host: '{name}-svc:8080', times: 2, expect: { 200: 1, 503: 1 } },
    ],
  },
];

/** The same behaviour over both versions of HTTP. */
function overBoth(
  name: string,
  policies: string,
  together: GroupedRequests[],
  letThrough?: string[],
): BehaviourCase[] {
  return (['http1', 'h2'] as const).map((protocol) => ({
    name: `${name}, over ${protocol}`,
    policies,
    steps: [
      {
        together: together.map((requests) => ({ ...requests, protocol })),
        ...(letThrough !== undefined && { letThrough }),
      },
    ],
  }));
}

const carrying: BehaviourCase[] = [
  ...overBoth('a request with a body that is held arrives complete', quotaPolicy({ quota: quota(1, 300) }), [
    { ...first, method: 'POST', body: 'at once' },
    { method: 'POST', body: 'held', ...passes },
    { method: 'POST', body: 50_000, bodyMillis: 80, ...passes, waitedAtLeastMillis: 300 },
  ]),
  ...overBoth(
    'a body larger than what Envoy keeps waits for its turn and arrives complete',
    quotaPolicy({ quota: quota(1, 300) }),
    [
      first,
      { name: 'held', method: 'POST', body: LARGE, ...passes, waitedAtLeastMillis: 150 },
      { name: 'slow', method: 'PUT', body: LARGE, bodyMillis: 150, ...passes },
    ],
    ['first', 'held', 'slow'],
  ),
  ...overBoth(
    'a body that is still being sent when its turn comes arrives complete',
    quotaPolicy({ quota: quota(1, 150) }),
    [first, { method: 'POST', body: LARGE, bodyMillis: 500, ...passes }],
  ),
  {
    name: 'a large body over HTTP/2 does not keep other streams of its connection waiting',
    policies: quotaPolicy({ quota: quota(1, 800), workloads: workloads({ free: { tokens: 0 } }) }),
    steps: [
      {
        together: [
          first,
          { name: 'large', method: 'POST', body: LARGE, ...passes, waitedAtLeastMillis: 400 },
          of('free', { afterMillis: 60 }),
          of('free', { method: 'POST', body: 20_000 }),
        ],
        letThrough: ['first', 'free', 'free', 'large'],
      },
    ],
  },
  {
    name: 'trailers of a held request arrive behind its body',
    policies: quotaPolicy({ quota: quota(1, 200) }),
    steps: [
      {
        together: [
          { ...first, method: 'POST', body: 'a', trailers: { 'x-end': 'first' } },
          { method: 'POST', body: 'held', trailers: { 'x-end': 'held' }, ...passes },
          { method: 'POST', trailers: { 'x-end': 'no body' }, ...passes },
          {
            method: 'POST',
            body: 30_000,
            bodyMillis: 60,
            trailers: { 'x-end': 'slow' },
            ...passes,
          },
        ],
      },
    ],
  },
  {
    name: 'streams of one connection are held each for itself',
    policies: quotaPolicy({
      quota: quota(1, 250),
      workloads: workloads({ free: { tokens: 0 }, light: { priority: 1 }, heavy: { priority: 10 } }),
    }),
    steps: [
      {
        together: [
          first,
          of('light', { waitedAtLeastMillis: 300 }),
          of('heavy', { waitedAtLeastMillis: 100 }),
          of('free'),
          { headers: { 'grpc-timeout': '20m' }, ...refusedAtOnce },
        ],
        letThrough: ['first', 'free', 'heavy', 'light'],
      },
    ],
  },
  {
    name: 'a body is not asked for when the request is refused at once',
    policies: quotaPolicy({ quota: quota(1, NEVER_MILLIS), defaultWorkload: { queueTimeout: '1s' } }),
    steps: [
      { expect: { 200: 1 } },
      { method: 'POST', body: 10_000, ...refusedAtOnce },
      { method: 'POST', protocol: 'h2', body: 10_000, trailers: { 'x-end': 'yes' }, ...refusedAtOnce },
    ],
  },
  {
    name: 'a held request whose time is up is answered though it has a body',
    policies: quotaPolicy({
      quota: quota(1, 200),
      workloads: workloads({ guest: { priority: 1, queueTimeout: '300ms' }, heavy: { priority: 1000 } }),
    }),
    steps: [
      {
        together: [
          first,
          of('guest', {
            method: 'POST',
            body: 200_000,
            expect: { 503: 1 },
            waitedAtLeastMillis: 290,
          }),
          of('heavy', { times: 2, expect: { 200: 2 } }),
        ],
      },
    ],
  },
];

const gRpcCases: BehaviourCase[] = [
  {
    name: 'a gRPC request that is refused at once has status 14',
    policies: asmPolicy({
      ...asmQuota(1, NEVER_MILLIS),
      scheduler: { default_workload_parameters: { queue_timeout: '1s' } },
    }),
    steps: [
      { ...gRpc, body: 'message', trailers: {}, expect: { 200: 1 }, headersOfLast: { 'grpc-status': null } },
      {
        ...gRpc,
        body: 'message',
        expect: { 200: 1 },
        headersOfLast: { 'grpc-status': '14', 'content-type': 'application/grpc', 'retry-after': '59' },
        ...atOnce,
      },
      {
        ...gRpc,
        headers: { 'content-type': 'application/grpc+proto' },
        expect: { 200: 1 },
        headersOfLast: { 'grpc-status': '14' },
      },
      { ...gRpc, headers: { 'content-type': 'application/grpc-web' }, ...refusedAtOnce },
      { ...gRpc, protocol: 'http1', expect: { 200: 1 }, headersOfLast: { 'grpc-status': '14' } },
    ],
  },
  {
    name: 'a gRPC request is held, and one whose time is up after a wait has the status and message asked for',
    policies: quotaPolicy({
      quota: quota(1, 200),
      workloads: workloads({ guest: { priority: 1 }, heavy: { priority: 1000 } }),
      response: { grpcStatus: 8, body: 'no more' },
    }),
    steps: [
      {
        together: [
          { ...first, ...gRpc, body: 'message' },
          {
            ...gRpc,
            headers: { ...gRpc.headers, 'x-workload': 'guest', 'grpc-timeout': '310m' },
            body: 'message',
            expect: { 200: 1 },
            headersOfLast: { 'grpc-status': '8', 'grpc-message': 'no more', 'retry-after': /^[1-9]\d*$/ },
            waitedAtLeastMillis: 280,
          },
          {
            ...gRpc,
            name: 'heavy',
            headers: { ...gRpc.headers, 'x-workload': 'heavy' },
            body: 'message',
            times: 2,
            expect: { 200: 2 },
            headersOfLast: { 'grpc-status': null },
          },
        ],
        letThrough: ['first', 'heavy', 'heavy'],
      },
    ],
  },
  {
    name: 'a gRPC stream whose messages go on after its turn has come arrives complete',
    policies: quotaPolicy({ quota: quota(1, 100) }),
    steps: [{ together: [first, { ...gRpc, body: 100_000, bodyMillis: 300, ...passes }] }],
  },
];

const leaving: BehaviourCase[] = [
  ...overBoth(
    'a client that goes away while it is held gives its turn to the next',
    quotaPolicy({ quota: quota(1, 500) }),
    [
      first,
      { leavesAfterMillis: 150, expect: { left: 1 } },
      { method: 'POST', body: 5000, leavesAfterMillis: 150, expect: { left: 1 } },
      { name: 'next', ...passes, waitedAtLeastMillis: 200, waitedAtMostMillis: 1400 },
    ],
    ['first', 'next'],
  ),
  ...overBoth(
    'a client that goes away in the middle of a large body gives its turn to the next',
    quotaPolicy({ quota: quota(1, 500) }),
    [
      first,
      { method: 'POST', body: LARGE, leavesAfterMillis: 150, expect: { left: 1 } },
      { method: 'POST', body: LARGE, bodyMillis: 400, leavesAfterMillis: 150, expect: { left: 1 } },
      { name: 'next', ...passes, waitedAtLeastMillis: 200, waitedAtMostMillis: 1400 },
    ],
    ['first', 'next'],
  ),
];

const beside: BehaviourCase[] = [
  {
    name: 'a request that a limiter refuses takes nothing of the quota',
    policies: `${rateLimitPolicy({
      name: 'a',
      match: { path: { prefix: '/limited' } },
      limit: { tokenBucket: { maxTokens: 1, fillInterval: '600s' } },
    })}${quotaPolicy({ quota: quota(2, NEVER_MILLIS), defaultWorkload: { queueTimeout: '1s' } })}`,
    steps: [
      { path: '/limited', times: 5, expect: { 200: 1, 429: 4 } },
      { path: '/', times: 2, expect: { 200: 1, 503: 1 } },
    ],
  },
  {
    name: 'a request that the scheduler refuses at once gives the token of the limiter back',
    policies: `${rateLimitPolicy({
      name: 'a',
      limit: { tokenBucket: { maxTokens: 3, fillInterval: '600s' } },
    })}${quotaPolicy({
      quota: quota(1, NEVER_MILLIS),
      defaultWorkload: { queueTimeout: '1s' },
      workloads: workloads({ free: { tokens: 0 } }),
    })}`,
    steps: [
      { times: 6, expect: { 200: 1, 503: 5 } },
      { headers: { 'x-workload': 'free' }, times: 4, expect: { 200: 2, 429: 2 } },
    ],
  },
  {
    name: 'a held request has its limiter token, and limits are told with its answer',
    policies: `${rateLimitPolicy({
      name: 'a',
      limit: { tokenBucket: { maxTokens: 2, fillInterval: '600s' } },
      response: { rateLimitHeaders: true },
    })}${quotaPolicy({ quota: quota(1, 300) })}`,
    steps: [
      {
        together: [
          { ...first, headersOfLast: { 'x-ratelimit-remaining': '1' } },
          { ...passes, waitedAtLeastMillis: 150, headersOfLast: { 'x-ratelimit-remaining': '0' } },
          { expect: { 429: 1 }, ...atOnce },
        ],
      },
    ],
  },
];

export const quotaCases: BehaviourCase[] = [
  ...holding,
  ...filling,
  ...refusing,
  ...capacities,
  ...choosing,
  ...labelCases,
  ...carrying,
  ...gRpcCases,
  ...leaving,
  ...beside,
];
