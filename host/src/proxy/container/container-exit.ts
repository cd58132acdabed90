import { constants } from 'node:os';
import type { EnvoyExit } from '../envoy-engine.ts';

/** Container engines add 128 to the signal that ended a process, as shells do. */
export function exitOf(status: number): EnvoyExit {
  const names = Object.keys(constants.signals) as NodeJS.Signals[];
  const signal = names.find((name) => constants.signals[name] === status - 128);
  return signal === undefined ? { code: status, signal: null } : { code: null, signal };
}
