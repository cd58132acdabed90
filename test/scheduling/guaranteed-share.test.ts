import { describe, expect, it } from 'vitest';
import { poisson } from './random.ts';
import { scheduler } from './schedulers.ts';
import { expectSound } from './soundness.ts';
import { countOf } from './statistics.ts';
import { sendTraffic } from './traffic.ts';

/**
 * Defect there: a class that offers three quarters of its guaranteed share loses 7 to 11 requests in a minute. Here: none.
 * Weighted fair queueing promises each class the delay it would have alone with its share, plus one request of another
 * (Parekh and Gallager 1993); the timeout is that, and two ticks.
 */
const fill = 100;

/** What requests would wait at most if their class had its guaranteed share for itself, ms: their own service included. */
function longestWait(atMillis: readonly number[], serviceMillis: number): number {
  let longest = 0;
  let free = 0;
  for (const arrival of atMillis) {
    free = Math.max(free, arrival) + serviceMillis;
    longest = Math.max(longest, free - arrival);
  }
  return longest;
}

const cases = [
  { name: 'the heavy class', own: 3, other: 1 },
  { name: 'the light class', own: 1, other: 3 },
  { name: 'one beside a class a hundred times as heavy', own: 1, other: 99 },
];

describe.each(cases.flatMap((each) => [1, 2, 4].map((workers) => ({ ...each, workers }))))(
  '$name, with $workers workers',
  ({ own, other, workers }) => {
    const offered = 0.75 * ((fill * own) / (own + other));
    const arrivals: [string, number[]][] = [
      [
        'evenly spaced',
        Array.from({ length: Math.floor(60 * offered) }, (_, index) => (index * 1000) / offered),
      ],
      ['at random', poisson(5, offered, 60_000)],
    ];

    it.each(arrivals)('loses nothing in 60 s: %s', (_, atMillis) => {
      const guaranteed = (fill * own) / (own + other);
      const queueTimeoutMillis = Math.ceil(longestWait(atMillis, 1000 / guaranteed) + 1000 / fill) + 2;
      const traffic = sendTraffic({
        scheduler: scheduler(
          { capacity: 10, fill },
          {
            own: { priority: own, queueTimeoutMillis },
            other: { priority: other, queueTimeoutMillis: 1000 },
          },
        ),
        flows: [
          { name: 'own', atMillis },
          { name: 'other', perSecond: 3 * fill },
        ],
        durationMillis: 60_000,
        workers,
      });
      expectSound(traffic);
      expect(countOf(traffic.requests, 'refused', 'own')).toBe(0);
      expect(countOf(traffic.requests, 'admitted', 'own')).toBe(atMillis.length);
    });
  },
);
