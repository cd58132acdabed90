import { describe, expect, it } from 'vitest';
import type { QuotaScheduler } from '../../host/src/plan/plugin-configuration.ts';
import { parameters, scheduler, type WorkloadOptions } from './schedulers.ts';
import { expectSound, leftovers } from './soundness.ts';
import { countOf, tokensByFlow } from './statistics.ts';
import { type Flow, sendTraffic } from './traffic.ts';

/** What a request is taken for: its tokens, its workload, and how it is answered. */

const once = (count: number) => Array.from({ length: count }, () => 0);
const run = (
  flows: readonly Flow[],
  workloads: Record<string, WorkloadOptions>,
  rest: Partial<QuotaScheduler> = {},
  capacity = 20,
  fill = 10,
) =>
  sendTraffic({
    scheduler: scheduler({ capacity, fill }, workloads, rest),
    flows,
    durationMillis: 1000,
    workers: 2,
  });
const brief = { queueTimeoutMillis: 1 };

describe('tokens', () => {
  const tokensFrom: Partial<QuotaScheduler> = { costFrom: [{ on: 'header', name: 'x-tokens' }] };

  it.each([
    ['2', 2],
    ['2.5', 2.5],
    ['20', 20],
    ['007', 7],
    ['1.0004', 1],
    // At least 1 and at most the capacity.
    ['0.5', 1],
    ['0.001', 1],
    ['21', 20],
    ['99999999999999999999999999', 20],
    // What is no number, or nothing, counts as if it were not there: 4.
    ['0', 4],
    ['0.0', 4],
    ['-1', 4],
    ['', 4],
    [' ', 4],
    ['2 ', 4],
    ['1e3', 4],
    ['0x10', 4],
    ['.5', 4],
    ['1.2.3', 4],
    ['NaN', 4],
    ['Infinity', 4],
    ['two', 4],
    ['1,1', 4],
    ['\u0661', 4],
  ])('from a header of %j: %d', (value, tokens) => {
    const traffic = run(
      [{ name: 'a', tokens, atMillis: once(30), headers: { 'x-tokens': value } }],
      { a: { ...brief, tokens: 4 } },
      tokensFrom,
    );
    expectSound(traffic);
    expect(traffic.admissions).toHaveLength(Math.floor(20 / tokens));
  });

  it('are those of the workload where the header is missing', () => {
    const traffic = run(
      [{ name: 'a', tokens: 4, atMillis: once(30) }],
      { a: { ...brief, tokens: 4 } },
      tokensFrom,
    );
    expect(traffic.admissions).toHaveLength(5);
  });

  it.each(['', '0', '-5', 'none'])(
    'of none: a word of %j of the client does not make a request cost nothing',
    (value) => {
      const traffic = run(
        [{ name: 'a', atMillis: once(30), headers: { 'x-tokens': value } }],
        { a: { ...brief, tokens: 1 } },
        tokensFrom,
      );
      expect(traffic.admissions).toHaveLength(20);
    },
  );

  it('a workload of 0 tokens passes at once, even while others wait', () => {
    const traffic = run(
      [
        { name: 'a', atMillis: once(25) },
        { name: 'free', tokens: 0, atMillis: Array.from({ length: 50 }, (_, index) => index * 10) },
      ],
      { a: { queueTimeoutMillis: 5000 }, free: { tokens: 0 } },
    );
    expectSound(traffic);
    expect(countOf(traffic.requests, 'admitted', 'free')).toBe(50);
    expect(traffic.requests.filter(({ workload, waited }) => workload === 'free' && waited)).toEqual([]);
    expect(countOf(traffic.requests, 'admitted', 'a')).toBe(25);
  });

  it('come from the first source that the request has', () => {
    const traffic = run(
      [
        {
          name: 'first',
          workload: 'a',
          tokens: 5,
          atMillis: [0],
          headers: { 'x-tokens': '5', 'x-weight': '9' },
        },
        { name: 'second', workload: 'a', tokens: 9, atMillis: [1], headers: { 'x-weight': '9' } },
        { name: 'rest', workload: 'a', atMillis: Array.from({ length: 20 }, () => 2) },
      ],
      { a: brief },
      {
        costFrom: [
          { on: 'header', name: 'x-tokens' },
          { on: 'header', name: 'x-weight' },
        ],
      },
      20,
      0,
    );
    expect(leftovers(traffic)).toEqual([]);
    expect(tokensByFlow(traffic.requests)).toEqual({ first: 5, second: 9, rest: 6 });
  });
});

describe('workloads', () => {
  const admitted = (name: string, traffic: ReturnType<typeof run>) =>
    Number(traffic.simulator.metrics.value(`sluice.quota.default/quota/${name}.offered`));

  it('are the first that matches, else the default with its own parameters', () => {
    const traffic = run(
      [
        { name: 'a', atMillis: once(3) },
        { name: 'unknown', tokens: 5, atMillis: once(10) },
        { name: 'none', workload: '', tokens: 5, atMillis: once(10) },
      ],
      { a: brief },
      { defaultWorkload: parameters({ tokens: 5, ...brief }) },
    );
    expectSound(traffic);
    expect([admitted('a', traffic), admitted('default', traffic)]).toEqual([3, 20]);
    expect(traffic.admissions).toHaveLength(3 + 3);
  });

  it('are named by workloadFrom; a value that names none changes nothing', () => {
    const named = (name: string, value: string | undefined, workload: string): Flow => ({
      name,
      workload,
      atMillis: once(1),
      headers: value === undefined ? {} : { 'x-class': value },
    });
    const traffic = run(
      [
        named('named', 'b', 'a'),
        named('named otherwise', 'no such', 'a'),
        named('empty', '', 'a'),
        named('not named', undefined, 'a'),
        named('of no other', 'b', 'none'),
        named('in other case', 'B', 'a'),
        named('the default', 'default', 'a'),
      ],
      { a: brief, b: brief },
      { workloadFrom: [{ on: 'header', name: 'x-class' }] },
    );
    expectSound(traffic);
    // A workload named `default` there is none, so that value changes nothing either.
    expect([admitted('a', traffic), admitted('b', traffic)]).toEqual([5, 2]);
  });
});

describe('refusals', () => {
  it('say what, why and when: 503 and retry-after', () => {
    const traffic = run([{ name: 'a', atMillis: once(25) }], { a: brief });
    expectSound(traffic);
    const [refused] = traffic.requests.filter(({ outcome }) => outcome === 'refused');
    expect(refused).toMatchObject({
      status: 503,
      grpcStatus: undefined,
      details: 'sluice_quota_refused:default/quota',
      retryAfterSeconds: 1,
    });
  });

  it('of gRPC requests carry status 14 and retry-after, at once and after waiting', () => {
    const grpc = { 'content-type': 'application/grpc' };
    const traffic = run(
      [
        { name: 'a', atMillis: once(25), headers: grpc },
        { name: 'low', atMillis: [1, 1], headers: grpc },
        { name: 'high', perSecond: 100, fromMillis: 2 },
      ],
      {
        a: brief,
        low: { priority: 0.001, queueTimeoutMillis: 700 },
        high: { priority: 1000, queueTimeoutMillis: 20_000 },
      },
    );
    expectSound(traffic);
    const refused = traffic.requests.filter(({ outcome }) => outcome === 'refused');
    expect(refused.filter(({ waited }) => !waited).length).toBeGreaterThan(0);
    expect(refused.filter(({ waited }) => waited).length).toBeGreaterThan(0);
    for (const sent of refused) {
      expect(sent).toMatchObject({ status: 200, grpcStatus: 14 });
      expect(sent.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    }
  });

  it('are as the policy says', () => {
    const traffic = run(
      [{ name: 'a', atMillis: once(21) }],
      { a: brief },
      {
        response: { status: 429, body: 'come back later', headers: [['x-why', 'quota']], grpcStatus: 8 },
      },
    );
    const [refused] = traffic.requests.filter(({ outcome }) => outcome === 'refused');
    expect(refused!.status).toBe(429);
    expect(refused!.stream.outcome).toMatchObject({
      body: 'come back later',
      headers: expect.arrayContaining([['x-why', 'quota']]),
    });
  });
});

describe.each([1, 2, 4])('shadow mode, with %i workers', (workers) => {
  it('holds and refuses nothing, and counts what would have waited', () => {
    const traffic = sendTraffic({
      scheduler: scheduler({ capacity: 10, fill: 10 }, { a: {} }, { shadowMode: true }),
      flows: [{ name: 'a', perSecond: 100 }],
      durationMillis: 10_000,
      workers,
    });
    expect(leftovers(traffic)).toEqual([]);
    expect(countOf(traffic.requests, 'admitted')).toBe(1000);
    expect(traffic.requests.filter(({ waited }) => waited)).toEqual([]);
    const { metrics } = traffic.simulator;
    const value = (name: string) => Number(metrics.value(`sluice.quota.default/quota/a.${name}`));
    expect(value('offered')).toBe(1000);
    expect(value('shadow_held')).toBe(1000 - 10 - 99);
    expect(value('admitted')).toBe(10 + 99);
  });
});

describe('metrics', () => {
  it.each([1, 2, 4])('add up: whoever comes is admitted, refused or gone, with %i workers', (workers) => {
    const traffic = sendTraffic({
      scheduler: scheduler(
        { capacity: 10, fill: 50 },
        { a: { queueTimeoutMillis: 300, queueCapacity: 10 }, b: { queueTimeoutMillis: 300, priority: 9 } },
        { queueCapacity: 15 },
      ),
      flows: [
        { name: 'a', perSecond: 80 },
        { name: 'a leaving', workload: 'a', perSecond: 20, goneAfterMillis: 50 },
        { name: 'b', perSecond: 70 },
      ],
      durationMillis: 5000,
      workers,
    });
    expectSound(traffic);
    const value = (workload: string, name: string) =>
      Number(traffic.simulator.metrics.value(`sluice.quota.default/quota/${workload}.${name}`));
    for (const workload of ['a', 'b']) {
      const own = traffic.requests.filter((sent) => sent.workload === workload);
      const refused = ['deadline', 'queue_full', 'timeout', 'pushed_out'].map((why) =>
        value(workload, `refused_${why}`),
      );
      expect(value(workload, 'offered')).toBe(own.length);
      expect(value(workload, 'admitted')).toBe(countOf(own, 'admitted'));
      expect(refused.reduce((sum, count) => sum + count, 0)).toBe(countOf(own, 'refused'));
      expect(value(workload, 'abandoned')).toBe(countOf(own, 'gone'));
      const waits = traffic.simulator.metrics.samples(`sluice.quota.default/quota/${workload}.wait_ms`);
      const waited = own.filter(({ outcome, waited: hasWaited }) => outcome === 'admitted' && hasWaited);
      expect(waits).toHaveLength(waited.length);
    }
  });
});
