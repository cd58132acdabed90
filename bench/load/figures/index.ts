import { compileTime } from './compile-time.ts';
import { exactQuota } from './exact-quota.ts';
import type { Figure } from './figure.ts';
import { heldRequests } from './held-requests.ts';
import { idleMemory } from './idle-memory.ts';
import { longRun } from './long-run.ts';
import { moduleStart } from './module-start.ts';
import { passingKeysFigure } from './passing-keys.ts';
import { policyEdits } from './policy-edits.ts';
import { quotaLightLoad, quotaShares } from './quota-shares.ts';
import { quotaStep } from './quota-step.ts';
import { quotaSurge } from './quota-surge.ts';
import { sustainedQuota } from './sustained-quota.ts';

/** In the order of the table. */
export const figures: Figure[] = [
  exactQuota,
  sustainedQuota,
  passingKeysFigure,
  policyEdits,
  quotaShares,
  quotaLightLoad,
  heldRequests,
  quotaSurge,
  quotaStep,
  longRun,
  compileTime,
  moduleStart,
  idleMemory,
];
