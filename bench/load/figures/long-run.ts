import { runKeepAliveLoad } from '../environment/keep-alive-load.ts';
import { residentBytes } from '../environment/process-usage.ts';
import { type StartedSluice, startSluice } from '../environment/sluice.ts';
import { type Figure, scaled } from './figure.ts';
import { rateLimitPolicy } from './policies.ts';

const host = 'long.example';
const half = 1_000_000;
const workers = 2;
const users = 1_000;
const tokenBucket = { maxTokens: 5, tokensPerFill: 5, fillInterval: '1s' };
const asFastAsItGoes = 1e9;

/** Count by status. */
type Answers = Map<number, number>;

/** Two million requests, admitted and refused: no other answer, and no memory that grows with them. */
export const longRun: Figure = {
  name: 'long-run',
  measure: async (scale) => {
    const rules = [{ name: 'per-user', host, tokenBucket, keyHeader: 'x-user' }];
    const sluice = await startSluice(rateLimitPolicy('long', rules), workers);
    try {
      const requests = scaled(half, scale);
      const first = await run(sluice, requests);
      const residentBefore = residentBytes(sluice.envoyProcessId);
      const allocatedBefore = await allocatedBytes(sluice);
      const second = await run(sluice, requests);
      const strays = [...first, ...second].filter(([status]) => status !== 200 && status !== 429);
      const grown = mebibytes(residentBytes(sluice.envoyProcessId) - residentBefore) / workers;
      const allocated = mebibytes((await allocatedBytes(sluice)) - allocatedBefore) / workers;
      return [
        {
          what: `answers other than 200 and 429 to ${2 * requests} requests (${describe(first)}; ${describe(second)})`,
          expected: '0',
          measured: `${strays.reduce((sum, [, count]) => sum + count, 0)}`,
          passed: strays.length === 0,
        },
        {
          what: `growth of Envoy's resident memory a worker in the second ${requests}`,
          expected: 'at most 1 MiB',
          measured: `${grown.toFixed(2)} MiB (allocated by Envoy itself: ${allocated.toFixed(2)} MiB)`,
          passed: grown <= 1,
        },
      ];
    } finally {
      await sluice.stop();
    }
  },
};

const run = (sluice: StartedSluice, requests: number): Promise<Answers> =>
  runKeepAliveLoad({
    port: sluice.port,
    connections: 64,
    requests,
    requestsPerSecond: asFastAsItGoes,
    headers: (index) => [`Host: ${host}`, `x-user: user-${index % users}`],
  });

async function allocatedBytes(sluice: StartedSluice): Promise<number> {
  const memory = (await (await fetch(`${sluice.adminUrl}/memory`)).json()) as { allocated: string };
  return Number(memory.allocated);
}

const mebibytes = (bytes: number): number => bytes / 2 ** 20;

const describe = (answers: Answers): string =>
  [...answers].map(([status, count]) => `${count} × ${status}`).join(', ');
