import type { Answered } from '../environment/fortio-client.ts';
import { runOpenLoad } from '../environment/open-loop.ts';
import { startSluice } from '../environment/sluice.ts';
import { percentile } from '../report/statistics.ts';
import { type Check, type Figure, scaled } from './figure.ts';
import { quotaSchedulingPolicy } from './quota-policies.ts';

const workerCounts = [1, 2];
const host = 'surge.example';
const quotaPerSecond = 100;
/** Half of its share of 80 a second, so that everybody has what they ask for before the surge. */
const highPerSecond = 40;
const lowPerSecond = 30;
const surge = 12;
const calmSeconds = 5;
const surgeSeconds = 20;
const queueTimeout = '1s';
/** Published by a large video service for its prioritised shedding. */
const leastAvailability = 99.4;

const policy = quotaSchedulingPolicy({
  name: 'surge',
  host,
  capacity: quotaPerSecond / 10,
  fillAmount: quotaPerSecond,
  fillInterval: '1s',
  workloads: [
    { name: 'high', priority: 200, queueTimeout },
    { name: 'low', priority: 50, queueTimeout },
  ],
});

/** The low class comes with twelve times what it had: the high class, which stays under its share, does not notice. */
export const quotaSurge: Figure = {
  name: 'quota-surge',
  measure: async (scale) => {
    const checks: Check[] = [];
    for (const workers of workerCounts) checks.push(...(await measure(workers, scale)));
    return checks;
  },
};

async function measure(workers: number, scale: number): Promise<Check[]> {
  const [calm, long] = [Math.max(2, scaled(calmSeconds, scale)), Math.max(4, scaled(surgeSeconds, scale))];
  const sluice = await startSluice(policy, workers);
  try {
    const load = (
      name: string,
      calmRate: number,
      surgeRate: number,
      onStep?: (step: number, at: number) => void,
    ) =>
      runOpenLoad(
        {
          port: sluice.port,
          headers: { ':authority': host, 'x-class': name },
          steps: [
            { requestsPerSecond: calmRate, seconds: calm },
            { requestsPerSecond: surgeRate, seconds: long },
          ],
        },
        onStep,
      );
    let from = 0;
    const [high, low] = await Promise.all([
      load('high', highPerSecond, highPerSecond),
      load('low', lowPerSecond, surge * lowPerSecond, (_, at) => {
        from = at;
      }),
    ]);
    const during = ({ sentAt }: Answered) => sentAt >= from;
    const [highDuring, lowDuring] = [high.filter(during), low.filter(during)];
    const available = availability(highDuring);
    const latencies = highDuring
      .map(({ latencyMillis }) => latencyMillis)
      .sort((left, right) => left - right);
    const total = [...highDuring, ...lowDuring].filter(({ status }) => status === 200).length;
    const most = quotaPerSecond * (long + 1) + quotaPerSecond / 10;
    const when = `while the low one grows from ${lowPerSecond} to ${surge * lowPerSecond} a second, concurrency ${workers}`;
    return [
      {
        what: `availability of the high class (${highPerSecond} of ${quotaPerSecond} a second) ${when}`,
        expected: `more than ${leastAvailability} %`,
        measured: `${available.toFixed(2)} % of ${highDuring.length}, p99 ${percentile(latencies, 99).toFixed(0)} ms; low class ${availability(lowDuring).toFixed(1)} % of ${lowDuring.length}`,
        passed: available > leastAvailability,
      },
      {
        what: `admitted of both in ${long} s and the queue after it, concurrency ${workers}`,
        expected: `${Math.ceil(0.97 * quotaPerSecond * long)} to ${most}`,
        measured: `${total}`,
        passed: total <= most && total >= 0.97 * quotaPerSecond * long,
      },
    ];
  } finally {
    await sluice.stop();
  }
}

const availability = (requests: Answered[]): number =>
  (100 * requests.filter(({ status }) => status === 200).length) / requests.length;
