import { describe, expect, it } from 'vitest';
import type { QuotaScheduler } from '../../host/src/plan/plugin-configuration.ts';
import { millisecondNanos, scheduler } from './schedulers.ts';
import { expectSound } from './soundness.ts';
import { sendTraffic } from './traffic.ts';

/** How long a request may wait, as told by whom. The bucket never fills, but a worker cannot know that tokens never come back. */
interface Patience {
  name: string;
  queueTimeoutMillis?: number;
  headers?: Record<string, string>;
  settings?: Partial<QuotaScheduler>;
  /** Longest wait that lets it in, ms. */
  waitsMillis: number;
}

const margin = { deadlineMarginNanos: 10 * millisecondNanos };
const header = { deadlineHeader: 'x-deadline-ms' };
const patiences: Patience[] = [
  { name: 'queueTimeout', queueTimeoutMillis: 700, waitsMillis: 700 },
  { name: 'nothing said: 15 s less the margin', waitsMillis: 14_990 },
  {
    name: 'requestTimeout',
    settings: { requestTimeoutNanos: 900 * millisecondNanos },
    waitsMillis: 890,
  },
  { name: 'another margin', settings: { deadlineMarginNanos: 0 }, waitsMillis: 15_000 },
  { name: 'grpc-timeout', headers: { 'grpc-timeout': '500m' }, waitsMillis: 490 },
  { name: 'grpc-timeout in seconds', headers: { 'grpc-timeout': '2S' }, waitsMillis: 1990 },
  { name: 'grpc-timeout in microseconds', headers: { 'grpc-timeout': '250000u' }, waitsMillis: 240 },
  { name: 'grpc-timeout in nanoseconds', headers: { 'grpc-timeout': '99999999n' }, waitsMillis: 89.999999 },
  { name: 'grpc-timeout in minutes', headers: { 'grpc-timeout': '1M' }, waitsMillis: 59_990 },
  { name: 'no grpc-timeout: unit', headers: { 'grpc-timeout': '500x' }, waitsMillis: 14_990 },
  { name: 'no grpc-timeout: nine digits', headers: { 'grpc-timeout': '123456789m' }, waitsMillis: 14_990 },
  { name: 'no grpc-timeout: sign', headers: { 'grpc-timeout': '-5m' }, waitsMillis: 14_990 },
  { name: 'deadlineHeader', headers: { 'x-deadline-ms': '300' }, settings: header, waitsMillis: 290 },
  { name: 'deadlineHeader that is not asked for', headers: { 'x-deadline-ms': '300' }, waitsMillis: 14_990 },
  {
    name: 'deadlineHeader of words',
    headers: { 'x-deadline-ms': 'soon' },
    settings: header,
    waitsMillis: 14_990,
  },
  {
    name: 'deadlineHeader with a fraction',
    headers: { 'x-deadline-ms': '300.5' },
    settings: header,
    waitsMillis: 14_990,
  },
  {
    name: 'the shorter of both',
    headers: { 'x-deadline-ms': '300', 'grpc-timeout': '200m' },
    settings: header,
    waitsMillis: 190,
  },
  {
    name: 'the shorter of both, the other way',
    headers: { 'x-deadline-ms': '300', 'grpc-timeout': '800m' },
    settings: header,
    waitsMillis: 290,
  },
  {
    name: 'queueTimeout before a later deadline',
    queueTimeoutMillis: 100,
    headers: { 'grpc-timeout': '5S' },
    waitsMillis: 100,
  },
  {
    name: 'a deadline before a later queueTimeout',
    queueTimeoutMillis: 5000,
    headers: { 'grpc-timeout': '80m' },
    waitsMillis: 70,
  },
];

describe.each(patiences)('$name', ({ queueTimeoutMillis, headers, settings, waitsMillis }) => {
  const run = (readyMillis: number) =>
    sendTraffic({
      // The drained bucket has the request's tokens after `readyMillis`.
      scheduler: scheduler(
        { capacity: 1, fill: 1, intervalMillis: readyMillis },
        { a: queueTimeoutMillis === undefined ? {} : { queueTimeoutMillis } },
        { ...margin, ...settings },
      ),
      flows: [
        { name: 'drain', atMillis: [0] },
        { name: 'a', atMillis: [0], ...(headers === undefined ? {} : { headers }) },
      ],
      durationMillis: 1,
      settleMillis: 70_000,
    });

  it('a wait within it is held and served', () => {
    const ready = Math.floor(waitsMillis) - 1;
    const traffic = run(ready);
    expectSound(traffic);
    const sent = traffic.requests[1]!;
    expect(sent).toMatchObject({ outcome: 'admitted', waited: true });
    expect(sent.endedNanos).toBe(ready * 1e6);
  });

  it('a longer wait is refused at once', () => {
    const traffic = run(Math.floor(waitsMillis) + 1);
    expectSound(traffic);
    expect(traffic.requests[1]).toMatchObject({ outcome: 'refused', waited: false, retryAfterSeconds: 1 });
  });
});

it.each([1, 2])(
  'who is overtaken past its deadline is refused at its deadline, with %i workers',
  (workers) => {
    const traffic = sendTraffic({
      scheduler: scheduler(
        { capacity: 1, fill: 10 },
        { low: { priority: 1, queueTimeoutMillis: 450 }, high: { priority: 1000, queueTimeoutMillis: 5000 } },
      ),
      flows: [
        { name: 'drain', workload: 'high', atMillis: [0] },
        { name: 'low', atMillis: [10, 11, 12] },
        { name: 'high', perSecond: 100, fromMillis: 20, untilMillis: 320 },
      ],
      durationMillis: 1000,
      workers,
    });
    expectSound(traffic);
    const low = traffic.requests.filter(({ workload }) => workload === 'low');
    expect(low.filter(({ outcome }) => outcome === 'refused').length).toBeGreaterThan(0);
    for (const sent of low) {
      if (sent.outcome !== 'refused') continue;
      expect(sent).toMatchObject({ waited: true, status: 503 });
      // On time: a tick later at most, and not before.
      expect(sent.endedNanos - sent.arrivedNanos).toBeGreaterThanOrEqual(450e6);
      expect(sent.endedNanos - sent.arrivedNanos).toBeLessThanOrEqual(451e6);
      expect(sent.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    }
    expect(traffic.simulator.metrics.value('sluice.quota.default/quota/low.refused_timeout')).toBeGreaterThan(
      0n,
    );
  },
);

it('a thousand deadlines of one moment are met within a few ticks', () => {
  const traffic = sendTraffic({
    scheduler: scheduler(
      { capacity: 1, fill: 100 },
      {
        low: { priority: 0.001, queueTimeoutMillis: 20_000 },
        high: { priority: 1000, queueTimeoutMillis: 60_000 },
      },
    ),
    flows: [
      { name: 'low', atMillis: Array.from({ length: 1000 }, () => 0) },
      { name: 'high', atMillis: Array.from({ length: 3000 }, () => 1) },
    ],
    durationMillis: 1000,
    settleMillis: 60_000,
  });
  expectSound(traffic);
  const late = traffic.requests
    .filter(({ outcome, waited }) => outcome === 'refused' && waited)
    .map(({ endedNanos, arrivedNanos }) => (endedNanos - arrivedNanos) / 1e6);
  expect(late.length).toBeGreaterThan(900);
  expect(Math.max(...late)).toBeLessThanOrEqual(20_000 + 5);
});
