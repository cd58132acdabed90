import { runOpenLoad } from '../environment/open-loop.ts';
import { startSluice } from '../environment/sluice.ts';
import { summarize } from '../report/statistics.ts';
import { type Check, type Figure, scaled } from './figure.ts';
import { quotaSchedulingPolicy } from './quota-policies.ts';

const workerCounts = [1, 2];
const host = 'step.example';
const quotaPerSecond = 1_000;
const burst = 10;
const before = 0.7;
const after = 1.4;
const steps = 10;
/** Of either load. */
const stepSeconds = 1;
/** Published by Breakwater (OSDI 2020). */
const longestMillis = 20;
const tolerance = 0.02;

const policy = quotaSchedulingPolicy({
  name: 'step',
  host,
  capacity: burst,
  fillAmount: quotaPerSecond,
  fillInterval: '1s',
  workloads: [{ name: 'all', priority: 100, queueTimeout: '100ms' }],
});

/**
 * The load steps from 0.7 to 1.4 times the quota. From then on the quota is what should be admitted; the figure is the
 * time by which the admitted fall behind it, at its longest. What the client adds itself counts too.
 */
export const quotaStep: Figure = {
  name: 'quota-step',
  measure: async (scale) => {
    const checks: Check[] = [];
    for (const workers of workerCounts)
      checks.push(...(await measure(workers, Math.max(3, scaled(steps, scale)))));
    return checks;
  },
};

async function measure(workers: number, count: number): Promise<Check[]> {
  const sluice = await startSluice(policy, workers);
  try {
    const starts: number[] = [];
    const answers = await runOpenLoad(
      {
        port: sluice.port,
        headers: { ':authority': host, 'x-class': 'all' },
        steps: Array.from({ length: 2 * count }, (_, index) => ({
          requestsPerSecond: (index % 2 === 0 ? before : after) * quotaPerSecond,
          seconds: stepSeconds,
        })),
      },
      (index, at) => {
        if (index % 2 === 1) starts.push(at);
      },
    );
    const admittedAt = answers
      .filter(({ status }) => status === 200)
      .map(({ answeredAt }) => answeredAt)
      .sort((left, right) => left - right);
    const each = starts.map((start) => behaviourFrom(start, admittedAt));
    const behind = summarize(each.map(({ behindMillis }) => behindMillis));
    const ahead = summarize(each.map(({ ahead: requests }) => requests));
    const rates = summarize(each.map(({ perSecond }) => perSecond));
    const what = `${count} steps from ${before} to ${after} times ${quotaPerSecond}/s, concurrency ${workers}`;
    return [
      {
        what: `longest time by which the admitted fall behind the quota after ${what}`,
        expected: `at most ${longestMillis} ms (median of the steps)`,
        measured: `${behind.median.toFixed(1)} ms (${behind.lowest.toFixed(1)} to ${behind.highest.toFixed(1)})`,
        passed: behind.median <= longestMillis,
      },
      {
        what: `most that are admitted ahead of the quota after ${what}`,
        expected: `at most ${burst + longestMillis} requests (the burst and ${longestMillis} ms, median)`,
        measured: `${ahead.median.toFixed(1)} (${ahead.lowest.toFixed(1)} to ${ahead.highest.toFixed(1)})`,
        passed: ahead.median <= burst + longestMillis,
      },
      {
        what: `admitted from ${longestMillis} ms after the step on, ${what}`,
        expected: `${quotaPerSecond} ± ${quotaPerSecond * tolerance} a second`,
        measured: `${rates.median.toFixed(0)} (${rates.lowest.toFixed(0)} to ${rates.highest.toFixed(0)})`,
        passed: Math.abs(rates.median - quotaPerSecond) <= quotaPerSecond * tolerance,
      },
    ];
  } finally {
    await sluice.stop();
  }
}

/** What the quota gives from the step on, beside what was admitted. */
function behaviourFrom(start: number, admittedAt: number[]) {
  const end = start + stepSeconds * 1000;
  const within = admittedAt.filter((at) => at >= start && at < end);
  let [behindMillis, ahead] = [0, 0];
  for (const [index, at] of [...within, end].entries()) {
    const given = ((at - start) / 1000) * quotaPerSecond;
    behindMillis = Math.max(behindMillis, ((given - index) / quotaPerSecond) * 1000);
    ahead = Math.max(ahead, index + 1 - given);
  }
  const settled = within.filter((at) => at >= start + longestMillis).length;
  return { behindMillis, ahead, perSecond: (settled * 1000) / (end - start - longestMillis) };
}
