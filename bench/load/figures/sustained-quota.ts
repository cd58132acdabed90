import { runFortio } from '../environment/fortio.ts';
import { startSluice } from '../environment/sluice.ts';
import { type Figure, scaled } from './figure.ts';
import { rateLimitPolicy } from './policies.ts';

const host = 'sustained.example';
const quota = 5_000;
const offered = 12_000;
const seconds = 10;
const workers = 2;

/** More than twice the quota for ten seconds: all of the quota is used, and no more. */
export const sustainedQuota: Figure = {
  name: 'sustained-quota',
  measure: async (scale) => {
    const tokenBucket = { maxTokens: quota, tokensPerFill: quota, fillInterval: '1s' };
    const sluice = await startSluice(
      rateLimitPolicy('sustained', [{ name: 'all', host, tokenBucket }]),
      workers,
    );
    try {
      const result = await runFortio({
        url: sluice.url,
        headers: [`Host:${host}`],
        connections: 16,
        requests: offered * scaled(seconds, scale),
        requestsPerSecond: offered,
      });
      const admitted = result.answers.get(200) ?? 0;
      const [least, most] = [
        Math.ceil(0.99 * quota * result.seconds),
        Math.floor(quota * result.seconds + quota),
      ];
      const sent = [...result.answers.values()].reduce((sum, count) => sum + count, 0);
      const rate = Math.round(sent / result.seconds);
      return [
        {
          what: `admitted with quota ${quota}/s in ${result.seconds.toFixed(2)} s of ${rate}/s, concurrency ${workers}`,
          expected: `${least} to ${most}`,
          measured: `${admitted}`,
          passed: admitted >= least && admitted <= most,
        },
      ];
    } finally {
      await sluice.stop();
    }
  },
};
