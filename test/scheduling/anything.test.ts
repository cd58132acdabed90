import { expect, it } from 'vitest';
import type { QuotaScheduler } from '../../host/src/plan/plugin-configuration.ts';
import { type Dice, dice } from './random.ts';
import { configurationOf, scheduler, type WorkloadOptions } from './schedulers.ts';
import { unsoundness } from './soundness.ts';
import { type Flow, sendTraffic } from './traffic.ts';

/** Random everything: what must hold for any traffic holds. Order within a flow is left to tests whose flows stay. */

function drawWorkload(random: Dice, fill: number): WorkloadOptions {
  const floor = random.chance(0.2) ? fill / 20 : undefined;
  return {
    priority: random.one([0.01, 1, 1, 2, 50, 1000]),
    tokens: random.one([0, 1, 1, 1, 2, 3.5]),
    ...(random.chance(0.7) ? { queueTimeoutMillis: random.whole(1, 3000) } : {}),
    ...(random.chance(0.3) ? { queueCapacity: random.whole(1, 20) } : {}),
    ...(random.chance(0.2) ? { strict: true } : {}),
    ...(floor === undefined ? {} : { floor }),
    ...(random.chance(0.2) ? { cap: Math.max(floor ?? 0, fill / random.whole(2, 10)) } : {}),
  };
}

interface Shape {
  isKeyed: boolean;
  hasUsers: boolean;
  hasTokens: boolean;
  hasPriorities: boolean;
  isShadow: boolean;
}

function drawScheduler(
  random: Dice,
  shape: Shape,
  bucket: { capacity: number; fill: number },
): QuotaScheduler {
  const names = ['a', 'b', 'c', 'd'].filter(() => random.chance(0.7));
  const header = (name: string) => [{ on: 'header' as const, name }];
  return scheduler(
    {
      ...bucket,
      ...(random.chance(0.3) ? { continuous: false, intervalMillis: random.one([20, 250, 1000]) } : {}),
      ...(random.chance(0.2) ? { delayed: true } : {}),
    },
    Object.fromEntries(names.map((name) => [name, drawWorkload(random, bucket.fill)])),
    {
      ...(shape.isKeyed
        ? { key: header('x-tenant'), keyCapacity: 3, keyIdleNanos: random.one([1e7, 1e9, 1e13]) }
        : {}),
      ...(shape.hasUsers ? { fairnessKey: header('x-user'), fairnessCapacity: random.one([1, 2, 64]) } : {}),
      ...(shape.hasTokens ? { costFrom: header('x-tokens') } : {}),
      ...(shape.hasPriorities ? { priorityFrom: header('x-priority') } : {}),
      ...(random.chance(0.5) ? { queueCapacity: random.whole(1, 60) } : {}),
      ...(random.chance(0.3) ? { requestTimeoutNanos: random.whole(1, 2000) * 1e6 } : {}),
      ...(random.chance(0.3) ? { strictAgeingNanos: random.whole(1, 500) * 1e6 } : {}),
      ...(shape.isShadow ? { shadowMode: true } : {}),
      deadlineHeader: 'x-deadline-ms',
      deadlineMarginNanos: random.whole(0, 20) * 1e6,
    },
  );
}

function drawFlow(random: Dice, index: number, durationMillis: number): Flow {
  const at = random.whole(0, durationMillis);
  const arrivals = random.chance(0.5)
    ? { perSecond: random.whole(1, 200), most: 150 }
    : { atMillis: Array.from({ length: random.whole(1, 60) }, () => at + random.whole(0, 1000) / 1000) };
  return {
    name: `flow ${index}`,
    workload: random.one(['a', 'b', 'c', 'd', 'none']),
    headers: {
      'x-tenant': `t${random.whole(0, 5)}`,
      'x-user': `u${random.whole(0, 9)}`,
      'x-priority': random.one(['1', '3', '1000', 'x', '0']),
      ...(random.chance(0.2) ? { 'x-deadline-ms': String(random.whole(0, 500)) } : {}),
      ...(random.chance(0.1) ? { 'grpc-timeout': `${random.whole(1, 900)}m` } : {}),
    },
    ...arrivals,
    ...(random.chance(0.3) ? { goneAfterMillis: random.whole(0, 2000) / 10 } : {}),
  };
}

/** Tokens as a scheduler with these workloads takes them; edits keep the workloads of a run as they are. */
function tokensOf(settings: QuotaScheduler, flow: Flow): number {
  const own = settings.workloads!.find(({ name }) => name === flow.workload);
  return (own?.costMillitokens ?? 1000) / 1000;
}

it.each(Array.from({ length: 10 }, (_, part) => part))('part %i of 40 random runs each', (part) => {
  for (let seed = part * 40 + 1; seed <= part * 40 + 40; seed++) {
    const random = dice(seed);
    const shape: Shape = {
      isKeyed: random.chance(0.25),
      hasUsers: random.chance(0.4),
      hasTokens: random.chance(0.2),
      hasPriorities: random.chance(0.2),
      isShadow: random.chance(0.05),
    };
    const bucket = { capacity: random.whole(4, 50), fill: random.one([0, 5, 20, 100, 1000]) };
    // Floors need a fill.
    const first = drawScheduler(random, shape, { ...bucket, fill: Math.max(bucket.fill, 1) });
    const durationMillis = random.whole(200, 3000);
    const flows = Array.from({ length: random.whole(1, 8) }, (_, index) =>
      drawFlow(random, index, durationMillis),
    ).map((flow) => ({ ...flow, tokens: tokensOf(first, flow) }));
    const edits = random.chance(0.4)
      ? Array.from({ length: random.whole(1, 5) }, () => {
          const weightsOfOthers = {
            ...first,
            workloads: first.workloads!.map((workload) => ({
              ...workload,
              weight: random.whole(1, 100_000),
            })),
            queueCapacity: random.whole(1, 100),
          };
          const edited = random.chance(0.3) ? { ...first, workloads: [] } : weightsOfOthers;
          return { atMillis: random.whole(0, durationMillis), edited };
        })
      : [];
    // A workload that an edit removes takes one token a request from then on, so costs differ: not counted.
    const isCountable = edits.every(({ edited }) => edited.workloads.length > 0) && !shape.isShadow;
    const traffic = sendTraffic({
      scheduler: first,
      flows: isCountable ? flows : flows.map((flow) => ({ ...flow, tokens: 0 })),
      steps: edits.map(({ atMillis, edited }) => ({
        atMillis,
        run: (simulator) => {
          const result = simulator.updateConfiguration(configurationOf(edited));
          if (!result.accepted || result.failures.length > 0) throw new Error(JSON.stringify(result));
        },
      })),
      durationMillis,
      workers: random.one([1, 1, 2, 3, 4]),
      settleMillis: 20_000,
    });
    // A key that is evicted gives its bucket to another one as new, so the sum over time is not that of three buckets.
    const isQuotaKnown = !shape.isKeyed;
    const counted = isQuotaKnown ? traffic : { ...traffic, admissions: [] };
    expect([`seed ${seed}`, ...unsoundness(counted, { anyOrder: true })].join('\n')).toBe(`seed ${seed}`);
  }
});
