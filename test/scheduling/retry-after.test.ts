import { describe, expect, it } from 'vitest';
import { dice } from './random.ts';
import { scheduler } from './schedulers.ts';
import { expectSound } from './soundness.ts';
import { type Flow, type Sent, sendTraffic, type Traffic } from './traffic.ts';

/** Defect there: who cannot make its deadline waits all the same, 998 of 1,000 ms. Here it is refused at once, truthfully. */
describe('a request that cannot make its deadline', () => {
  const settings = (capacity: number, continuous: boolean) =>
    scheduler({ capacity, fill: 10, continuous }, { a: { queueTimeoutMillis: 1000 } });
  const at = (count: number, millis: number) => Array.from({ length: count }, () => millis);
  const last = (traffic: Traffic, name: string): Sent =>
    traffic.requests.filter(({ flow }) => flow.name === name).at(-1)!;
  /** Empties the bucket, fills the queue with what a second brings, and sends what is over. */
  const runWith = (capacity: number, continuous: boolean, workers: number, probe?: number) =>
    sendTraffic({
      scheduler: settings(capacity, continuous),
      flows: [
        { name: 'a', atMillis: at(capacity + 10, 500) },
        { name: 'over', workload: 'a', atMillis: [501] },
        ...(probe === undefined ? [] : [{ name: 'probe', workload: 'a', atMillis: [probe] }]),
      ],
      durationMillis: 30_000,
      workers,
    });

  it.each([1, 2, 4])('is refused at once, with %i workers', (workers) => {
    const traffic = runWith(20, true, workers);
    expectSound(traffic);
    const over = last(traffic, 'over');
    expect(over).toMatchObject({ outcome: 'refused', waited: false, status: 503 });
    expect(over.details).toBe('sluice_quota_refused:default/quota');
    expect(over.retryAfterSeconds).toBe(1);
  });

  it.each([true, false].flatMap((continuous) => [1, 3].map((workers) => ({ continuous, workers }))))(
    'is told when it would have passed, all else equal: %o',
    ({ continuous, workers }) => {
      const retry = last(runWith(20, continuous, workers), 'over').retryAfterSeconds;
      const traffic = runWith(20, continuous, workers, 501 + retry * 1000);
      expectSound(traffic);
      expect(last(traffic, 'probe').outcome).toBe('admitted');
    },
  );

  it.each([
    ['its own class', 'own'],
    ['another class', 'other'],
  ])('behind a backlog of %s is told the truth: then it passes', (_, backlogOf) => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = dice(seed);
      const tokens = random.whole(1, 8);
      const others = backlogOf === 'own' ? tokens : random.whole(1, 8);
      const capacity = random.whole(8, 20);
      const backlog = Array.from({ length: random.whole(1, 12) }, () => random.whole(0, 900));
      const patience = { 'x-deadline-ms': String(random.whole(100, 2000)) };
      const settingsOfSeed = scheduler(
        { capacity, fill: random.whole(1, 6) },
        { drain: { tokens: capacity }, other: { tokens: others }, own: { tokens } },
        { deadlineHeader: 'x-deadline-ms', deadlineMarginNanos: 0, requestTimeoutNanos: 60e9 },
      );
      const own: Flow = { name: 'own', tokens, headers: patience };
      const run = (probe?: number) =>
        sendTraffic({
          scheduler: settingsOfSeed,
          flows: [
            { name: 'drain', tokens: capacity, atMillis: [0] },
            { name: 'backlog', workload: backlogOf, tokens: others, atMillis: backlog },
            { ...own, atMillis: [1000] },
            ...(probe === undefined ? [] : [{ ...own, name: 'probe', workload: 'own', atMillis: [probe] }]),
          ],
          durationMillis: 1000,
          settleMillis: 150_000,
        });
      const refused = last(run(), 'own');
      if (refused.outcome !== 'refused') continue;
      expect(refused.waited).toBe(false);
      const later = run(1000 + refused.retryAfterSeconds * 1000);
      expectSound(later);
      expect([seed, last(later, 'probe').outcome]).toEqual([seed, 'admitted']);
      // Never later than all that can wait before it takes, and itself.
      const { fillMillitokens, capacityMillitokens } = settingsOfSeed.bucket;
      const all = (backlog.length * others + tokens) * 1000 + capacityMillitokens;
      expect(refused.retryAfterSeconds).toBeLessThanOrEqual(Math.ceil(all / fillMillitokens));
    }
  });
});

it('whoever was let in to wait for its turn makes it, if nobody else comes', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = dice(seed);
    const names = ['a', 'b', 'c'];
    const workloads = Object.fromEntries(
      names.map((name) => [
        name,
        {
          tokens: random.whole(1, 5),
          priority: random.whole(1, 20),
          queueTimeoutMillis: random.whole(300, 5000),
        },
      ]),
    );
    const workers = random.one([1, 2, 3]);
    const traffic = sendTraffic({
      scheduler: scheduler({ capacity: 5, fill: random.whole(2, 20) }, workloads),
      // All come at once, so nobody comes later who could go first.
      flows: names.map((name) => ({
        name,
        tokens: workloads[name]!.tokens,
        atMillis: Array.from({ length: random.whole(5, 30) }, () => 100),
      })),
      durationMillis: 1000,
      workers,
    });
    expectSound(traffic);
    // Of one instant the last class has seen all; the first could not know what would come after it.
    const late = traffic.requests.filter(
      ({ outcome, waited, workload }) => outcome === 'refused' && waited && workload === 'c',
    );
    expect([seed, late.length]).toEqual([seed, 0]);
  }
});
