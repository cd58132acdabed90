import { readFileSync } from 'node:fs';
import { rateLimitModule } from '../module/modules.ts';

/** How far a fuzz test goes. `SLUICE_FUZZ_RUNS` multiplies: 1 for a commit, 100 for a night. */
const multiplier = Number(process.env.SLUICE_FUZZ_RUNS ?? 1);

/** Parameters of `fc.assert`: the same cases each time, so that a failure is everybody's failure. */
export function runs(seed: number, numRuns: number): { seed: number; numRuns: number } {
  return { seed, numRuns: Math.max(1, Math.round(numRuns * multiplier)) };
}

/** A time limit that grows with the runs, ms. */
export const timeLimitMillis = 60_000 * Math.max(1, multiplier);

/** The module, read once: a build in between does not change it under a long run. */
export const moduleBytes: Uint8Array = readFileSync(rateLimitModule);
