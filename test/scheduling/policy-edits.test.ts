import { describe, expect, it } from 'vitest';
import type { QuotaScheduler } from '../../host/src/plan/plugin-configuration.ts';
import type { Simulator } from '../../host/src/simulator/index.ts';
import { configurationOf, scheduler, type WorkloadOptions } from './schedulers.ts';
import { leftovers, unsoundness } from './soundness.ts';
import { countOf } from './statistics.ts';
import { type Flow, sendTraffic } from './traffic.ts';

const patient: WorkloadOptions = { queueTimeoutMillis: 60_000 };
const both = { a: patient, b: patient };
const at = (count: number, millis: number) =>
  Array.from({ length: count }, (_, index) => millis + index / 10);

const edit =
  (...schedulers: QuotaScheduler[]) =>
  (simulator: Simulator) => {
    const result = simulator.updateConfiguration(configurationOf(...schedulers));
    if (!result.accepted) throw new Error(result.error);
  };

/** Requests that are held when a policy is edited end properly, under the new numbers. */
describe.each([1, 2, 4])('an edit while requests are held, with %i workers', (workers) => {
  const run = (
    first: QuotaScheduler,
    edited: readonly QuotaScheduler[],
    flows: Flow[] = [],
    editMillis = 1090,
  ) =>
    sendTraffic({
      scheduler: first,
      flows: [{ name: 'a', atMillis: at(30, 0) }, { name: 'b', atMillis: at(30, 5) }, ...flows],
      steps: [{ atMillis: editMillis, run: edit(...edited) }],
      durationMillis: 10_000,
      settleMillis: 60_000,
      workers,
    });
  const first = scheduler({ capacity: 10, fill: 5 }, both);

  it('of the fill: they go on as the new one says, and nothing is given twice', () => {
    const edited = scheduler({ capacity: 10, fill: 50 }, both);
    const traffic = run(first, [edited]);
    expect(unsoundness(traffic, { formerBuckets: [edited.bucket] })).toEqual([]);
    expect(countOf(traffic.requests, 'admitted')).toBe(60);
    const byEdit = traffic.admissions.filter(({ endedNanos }) => endedNanos <= 1.09e9).length;
    expect(byEdit).toBe(15);
    // 45 are left at 50 a second, and of the first some tokens are there.
    const last = traffic.admissions.at(-1)!.endedNanos;
    expect(last).toBeGreaterThanOrEqual(1.98e9);
    expect(last).toBeLessThanOrEqual(1.982e9 + 22e6);
  });

  it('of the capacity: what is spent stays spent', () => {
    const edited = scheduler({ capacity: 20, fill: 5 }, both);
    const traffic = run(first, [edited]);
    // Ten more fit at once.
    expect(unsoundness(traffic, { formerBuckets: [edited.bucket] })).toEqual([]);
    expect(countOf(traffic.requests, 'admitted')).toBe(60);
    const after = traffic.admissions.filter(({ endedNanos }) => endedNanos <= 1.12e9).length;
    expect(after).toBe(25);
  });

  it('of the weights: the order follows them from then on', () => {
    const edited = scheduler({ capacity: 10, fill: 5 }, { a: patient, b: { ...patient, priority: 4 } });
    const traffic = run(first, [edited]);
    expect(unsoundness(traffic)).toEqual([]);
    const [a, b] = ['a', 'b'].map(
      (name) =>
        traffic.admissions.filter(
          ({ flow, endedNanos }) => flow.name === name && endedNanos > 1.09e9 && endedNanos <= 5.09e9,
        ).length,
    );
    expect(a! + b!).toBe(20);
    expect(Math.abs(b! - 16)).toBeLessThanOrEqual(1);
  });

  it('that removes a workload: its requests wait on and are served', () => {
    const edited = scheduler({ capacity: 10, fill: 5 }, { b: patient });
    const traffic = run(first, [edited]);
    expect(unsoundness(traffic)).toEqual([]);
    expect(countOf(traffic.requests, 'admitted')).toBe(60);
  });

  it('that adds a workload: newcomers of it take part', () => {
    const edited = scheduler({ capacity: 10, fill: 5 }, { ...both, c: { ...patient, priority: 1000 } });
    const traffic = run(first, [edited], [{ name: 'c', atMillis: at(5, 2000) }]);
    expect(unsoundness(traffic)).toEqual([]);
    expect(countOf(traffic.requests, 'admitted')).toBe(65);
    // The heaviest by far, so they are next.
    const last = traffic.admissions.filter(({ flow }) => flow.name === 'c').at(-1)!;
    expect(last.endedNanos).toBeLessThanOrEqual(3.3e9);
  });

  it('that removes the scheduler: everybody who waits ends, newcomers pass', () => {
    const traffic = run(first, [], [{ name: 'c', atMillis: at(20, 2000) }]);
    expect(
      unsoundness({ ...traffic, admissions: traffic.admissions.filter(({ flow }) => flow.name !== 'c') }),
    ).toEqual([]);
    expect(countOf(traffic.requests, 'admitted', 'c')).toBe(20);
    expect(traffic.requests.filter(({ flow, waited }) => flow.name === 'c' && waited)).toEqual([]);
    expect(countOf(traffic.requests, 'admitted')).toBe(80);
  });

  it('that removes the scheduler and brings it back: the quota goes on where it was', () => {
    const traffic = sendTraffic({
      scheduler: first,
      flows: [
        { name: 'a', atMillis: at(30, 0) },
        { name: 'b', atMillis: at(30, 3000) },
      ],
      steps: [
        { atMillis: 1000, run: edit() },
        { atMillis: 2000, run: edit(first) },
      ],
      durationMillis: 4000,
      settleMillis: 60_000,
      workers,
    });
    expect(unsoundness(traffic)).toEqual([]);
    expect(countOf(traffic.requests, 'admitted')).toBe(60);
  });

  it('of another scheduler: nothing changes here', () => {
    const other = { ...scheduler({ capacity: 7 }), name: 'default/other', hosts: ['other.example'] };
    const alone = run(first, [first]);
    const beside = run(first, [first, other]);
    expect(unsoundness(beside)).toEqual([]);
    expect(beside.requests.map(({ outcome }) => outcome)).toEqual(
      alone.requests.map(({ outcome }) => outcome),
    );
  });

  it('a hundred of them, one after the other, lose nobody', () => {
    const traffic = sendTraffic({
      scheduler: first,
      flows: [
        { name: 'a', perSecond: 4 },
        { name: 'b', perSecond: 4 },
      ],
      steps: Array.from({ length: 100 }, (_, index) => ({
        atMillis: 100 + index * 90,
        run: edit(
          scheduler(
            { capacity: 10 + (index % 3), fill: 5 },
            index % 2 === 0 ? both : { b: patient, c: patient },
          ),
        ),
      })),
      durationMillis: 10_000,
      settleMillis: 60_000,
      workers,
    });
    expect(leftovers(traffic)).toEqual([]);
    expect(countOf(traffic.requests, 'admitted')).toBe(80);
  });

  it('clients that vanish after it leave nothing behind', () => {
    const traffic = sendTraffic({
      scheduler: first,
      flows: [{ name: 'a', atMillis: at(60, 0), goneAfterMillis: 3000 }],
      steps: [{ atMillis: 1000, run: edit(scheduler({ capacity: 11, fill: 5 }, both)) }],
      durationMillis: 4000,
      workers,
    });
    expect(leftovers(traffic)).toEqual([]);
  });
});
