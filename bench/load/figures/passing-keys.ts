import { setTimeout as sleep } from 'node:timers/promises';
import { runFortio } from '../environment/fortio.ts';
import { runKeepAliveLoad } from '../environment/keep-alive-load.ts';
import { residentBytes } from '../environment/process-usage.ts';
import { type StartedSluice, startSluice } from '../environment/sluice.ts';
import { type Figure, scaled } from './figure.ts';
import { rateLimitPolicy } from './policies.ts';

const host = 'keys.example';
const passingKeys = 1_000_000;
/** Well below what two cores carry: the figure is about keys, not about saturation. */
const passingPerSecond = 5_000;
const knownKeys = 1_000;
const knownSeconds = 20;
const tokenBucket = { maxTokens: 1_000, tokensPerFill: 100, fillInterval: '1s' };
const honestPerSecond = 80;
/** Between two bursts more keys pass than the table remembers: a limiter that forgets would admit each burst. */
const burst = 800;
const burstEveryMillis = 4_000;

/**
 * A million users pass by, each once, while one asks for twice its quota in bursts and an honest one stays below its
 * own. The honest client's time is compared with that beside the same load from a thousand known users.
 */
export const passingKeysFigure: Figure = {
  name: 'passing-keys',
  measure: async (scale) => {
    const rules = [{ name: 'per-user', host, tokenBucket, keyHeader: 'x-user' }];
    const sluice = await startSluice(rateLimitPolicy('keys', rules), 2);
    try {
      const before = await runClients(sluice, (index) => index % knownKeys, scaled(knownSeconds, scale));
      const residentBefore = residentBytes(sluice.envoyProcessId);
      const seconds = Math.ceil(scaled(passingKeys, scale) / passingPerSecond);
      const during = await runClients(sluice, (index) => knownKeys + index, seconds);
      const { admitted, sent, elapsedSeconds } = during.greedy;
      const grownMebibytes = (residentBytes(sluice.envoyProcessId) - residentBefore) / 2 ** 20;
      const most = Math.floor(tokenBucket.maxTokens + tokenBucket.tokensPerFill * elapsedSeconds);
      const [p99Before, p99During] = [
        before.honest.latencyMillis.get(99)!,
        during.honest.latencyMillis.get(99)!,
      ];
      const passed = `while ${seconds * passingPerSecond} other keys pass`;
      return [
        {
          what: `admitted of ${sent} requests of the limited client ${passed}`,
          expected: `at most ${most}`,
          measured: `${admitted}`,
          passed: admitted <= most,
        },
        {
          what: `growth of Envoy's resident memory ${passed}`,
          expected: 'at most 64 MiB',
          measured: `${grownMebibytes.toFixed(1)} MiB`,
          passed: grownMebibytes <= 64,
        },
        {
          what: `p99 of the honest client ${passed}`,
          expected: `at most ${(2 * p99Before).toFixed(2)} ms (twice that beside ${knownKeys} known keys)`,
          measured: `${p99During.toFixed(2)} ms`,
          passed: p99During <= 2 * p99Before,
        },
      ];
    } finally {
      await sluice.stop();
    }
  },
};

/** The honest client and the greedy one beside a steady stream of requests, each of the user that `user` gives. */
async function runClients(sluice: StartedSluice, user: (index: number) => number, seconds: number) {
  const [honest, greedy] = await Promise.all([
    runFortio({
      url: sluice.url,
      headers: [`Host:${host}`, 'x-user:honest'],
      connections: 1,
      requests: honestPerSecond * seconds,
      requestsPerSecond: honestPerSecond,
    }),
    runGreedyClient(sluice, seconds),
    runKeepAliveLoad({
      port: sluice.port,
      connections: 64,
      requests: passingPerSecond * seconds,
      requestsPerSecond: passingPerSecond,
      headers: (index) => [`Host: ${host}`, `x-user: user-${user(index)}`],
    }),
  ]);
  return { honest, greedy };
}

async function runGreedyClient(sluice: StartedSluice, seconds: number) {
  const start = performance.now();
  let [admitted, sent] = [0, 0];
  while (performance.now() - start < seconds * 1000) {
    const answers = await runKeepAliveLoad({
      port: sluice.port,
      connections: 32,
      requests: sent === 0 ? tokenBucket.maxTokens + burst : burst,
      requestsPerSecond: 1e6,
      headers: () => [`Host: ${host}`, 'x-user: greedy'],
    });
    admitted += answers.get(200) ?? 0;
    sent += [...answers.values()].reduce((sum, count) => sum + count, 0);
    await sleep(burstEveryMillis);
  }
  return { admitted, sent, elapsedSeconds: (performance.now() - start) / 1000 };
}
