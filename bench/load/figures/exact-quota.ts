import { runFortio } from '../environment/fortio.ts';
import { startSluice } from '../environment/sluice.ts';
import type { Check, Figure } from './figure.ts';
import { localRateLimiter } from './policies.ts';

const host = 'exact.example';
const quota = 10;
const connections = 60;
const workerCounts = [1, 2, 4];

/** Sixty clients at once, one quota: no worker of Envoy admits one too many. */
export const exactQuota: Figure = {
  name: 'exact-quota',
  measure: async () => {
    const checks: Check[] = [];
    for (const workers of workerCounts) {
      const admitted = await admittedBy(workers);
      checks.push({
        what: `admitted with quota ${quota} per 60 s, ${connections} connections, concurrency ${workers}`,
        expected: `exactly ${quota}`,
        measured: `${admitted}`,
        passed: admitted === quota,
      });
    }
    return checks;
  },
};

async function admittedBy(workers: number): Promise<number> {
  const sluice = await startSluice(localRateLimiter('exact', host, quota, 60), workers);
  try {
    const { answers } = await runFortio({
      url: sluice.url,
      headers: [`Host:${host}`],
      connections,
      requests: connections * 10,
      requestsPerSecond: 0,
    });
    return answers.get(200) ?? 0;
  } finally {
    await sluice.stop();
  }
}
