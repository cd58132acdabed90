import { expect, it } from 'vitest';
import { scheduler } from './schedulers.ts';
import { expectSound } from './soundness.ts';
import { countOf } from './statistics.ts';
import { sendTraffic } from './traffic.ts';

/**
 * Check figures of the reference's bucket: 10 tokens a second, capacity 30, 500 requests a second for 9.9 s, the last at
 * its end, none of which may wait.
 */
const figures = [
  { continuous: true, delayed: false, admitted: 129 },
  { continuous: true, delayed: true, admitted: 99 },
  { continuous: false, delayed: false, admitted: 120 },
  { continuous: false, delayed: true, admitted: 100 },
];

it.each(figures.flatMap((figure) => [1, 2, 4].map((workers) => ({ ...figure, workers }))))(
  'continuous $continuous, delayed $delayed: $admitted with $workers workers',
  (figure) => {
    const { continuous, delayed, admitted, workers } = figure;
    const traffic = sendTraffic({
      scheduler: scheduler({ capacity: 30, fill: 10, continuous, delayed }, { a: { queueTimeoutMillis: 1 } }),
      flows: [{ name: 'a', perSecond: 500 }],
      durationMillis: 9901,
      workers,
    });
    expect(traffic.requests).toHaveLength(4951);
    expectSound(traffic);
    expect(countOf(traffic.requests, 'admitted')).toBe(admitted);
  },
);

it('a discrete fill comes at the end of each interval, at once', () => {
  const traffic = sendTraffic({
    scheduler: scheduler({ capacity: 5, continuous: false, intervalMillis: 100 }, { a: {} }),
    flows: [{ name: 'a', atMillis: Array.from({ length: 20 }, () => 30) }],
    durationMillis: 1000,
  });
  expectSound(traffic);
  const times = traffic.admissions.map(({ endedNanos }) => endedNanos / 1e6);
  expect(times).toEqual([30, 100, 200, 300].flatMap((millis) => [millis, millis, millis, millis, millis]));
});
