import { setTimeout as sleep } from 'node:timers/promises';
import { runFortio } from '../environment/fortio.ts';
import { type StartedSluice, startSluice } from '../environment/sluice.ts';
import { type Figure, scaled } from './figure.ts';
import { rateLimitPolicy } from './policies.ts';

const editedHost = 'edited.example';
const untouchedHost = 'untouched.example';
const edits = 200;
const editEveryMillis = 100;
const requestsPerSecond = 1_000;
const ampleTokens = 1_000_000;
const untouchedTokens = 20;
const takenBefore = 5;
/** An edit holds once Envoy has read the files that follow from it. */
const settleMillis = 2_000;

/** A policy edited ten times a second under load: no request fails, and another policy's bucket keeps its level. */
export const policyEdits: Figure = {
  name: 'policy-edits',
  measure: async (scale) => {
    const sluice = await startSluice(policies(ampleTokens), 2);
    const count = scaled(edits, scale);
    try {
      const before = await take(sluice, untouchedHost, takenBefore);
      const [load] = await Promise.all([
        runFortio({
          url: sluice.url,
          headers: [`Host:${editedHost}`],
          connections: 8,
          requests: Math.ceil(((count + 10) * editEveryMillis * requestsPerSecond) / 1000),
          requestsPerSecond,
        }),
        edit(sluice, count),
      ]);
      const failed = [...load.answers].filter(([status]) => status !== 200);
      sluice.edit(policies(1));
      await sleep(settleMillis);
      const afterLastEdit = await take(sluice, editedHost, 10);
      const left = await take(sluice, untouchedHost, 2 * untouchedTokens);
      return [
        {
          what: `failed requests of ${[...load.answers.values()].reduce((sum, value) => sum + value, 0)} during ${count} edits`,
          expected: '0',
          measured:
            failed.length === 0 ? '0' : failed.map(([status, times]) => `${times} × ${status}`).join(', '),
          passed: failed.length === 0,
        },
        {
          what: `tokens left in a bucket of ${untouchedTokens} of another policy after ${before} were taken`,
          expected: `${untouchedTokens - takenBefore}`,
          measured: `${left}`,
          passed: left === untouchedTokens - takenBefore,
        },
        {
          what: 'admitted of 10 requests after an edit to 1 token an hour',
          expected: 'at most 1',
          measured: `${afterLastEdit}`,
          passed: afterLastEdit <= 1,
        },
      ];
    } finally {
      await sluice.stop();
    }
  },
};

const policies = (editedTokens: number): string =>
  [
    rateLimitPolicy('untouched', [
      {
        name: 'all',
        host: untouchedHost,
        tokenBucket: { maxTokens: untouchedTokens, tokensPerFill: 1, fillInterval: '3600s' },
      },
    ]),
    rateLimitPolicy('edited', [
      {
        name: 'all',
        host: editedHost,
        tokenBucket: { maxTokens: editedTokens, tokensPerFill: editedTokens, fillInterval: '3600s' },
      },
    ]),
  ].join('---\n');

async function edit(sluice: StartedSluice, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) {
    sluice.edit(policies(ampleTokens + number));
    await sleep(editEveryMillis);
  }
}

/** Asks so often and tells how often it was admitted. */
async function take(sluice: StartedSluice, host: string, requests: number): Promise<number> {
  const { answers } = await runFortio({
    url: sluice.url,
    headers: [`Host:${host}`],
    connections: 1,
    requests,
    requestsPerSecond: 0,
  });
  return answers.get(200) ?? 0;
}
