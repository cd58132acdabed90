import { compileTime } from './compile-time.ts';
import { exactQuota } from './exact-quota.ts';
import type { Figure } from './figure.ts';
import { longRun } from './long-run.ts';
import { passingKeysFigure } from './passing-keys.ts';
import { policyEdits } from './policy-edits.ts';
import { sustainedQuota } from './sustained-quota.ts';

/** In the order of the table. */
export const figures: Figure[] = [
  exactQuota,
  sustainedQuota,
  passingKeysFigure,
  policyEdits,
  longRun,
  compileTime,
];
