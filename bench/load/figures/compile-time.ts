import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sluiceCommand, sluiceEnvironment } from '../environment/sluice.ts';
import { type Figure, scaled } from './figure.ts';
import { localRateLimiter, rateLimitPolicy } from './policies.ts';

const execute = promisify(execFile);
const policyCount = 10_000;
const patienceSeconds = 3;

/** Ten thousand policies, half of either kind, from YAML to Envoy's configuration. */
export const compileTime: Figure = {
  name: 'compile-time',
  measure: async (scale) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-compile-'));
    const policyPath = join(folder, 'policies.yaml');
    const count = scaled(policyCount, scale);
    writeFileSync(policyPath, Array.from({ length: count }, (_, index) => policy(index)).join('---\n'));
    try {
      const start = performance.now();
      await execute(
        sluiceCommand,
        ['compile', '-f', policyPath, '--to', 'envoy', '-o', join(folder, 'out')],
        {
          env: sluiceEnvironment(),
          maxBuffer: 256 * 2 ** 20,
        },
      );
      const seconds = (performance.now() - start) / 1000;
      return [
        {
          what: `time of \`sluice compile\` for ${count} policies`,
          expected: `at most ${patienceSeconds} s`,
          measured: `${seconds.toFixed(2)} s`,
          passed: seconds <= patienceSeconds,
        },
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function policy(index: number): string {
  const [name, host] = [`policy-${index}`, `host-${index}.example`];
  const tokenBucket = { maxTokens: 100, tokensPerFill: 100, fillInterval: '1s' };
  return index % 2 === 0
    ? localRateLimiter(name, host, 100, 1)
    : rateLimitPolicy(name, [{ name: 'all', host, tokenBucket }]);
}
