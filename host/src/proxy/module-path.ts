import { join } from 'node:path';
import { packageRoot } from './package-root.ts';

/** The modules in this package: all functions in one, and one for each alone. */
export const moduleNames = [
  'sluice',
  'rate-limit',
  'quota-scheduler',
  'circuit-breaker',
  'header-mutation',
] as const;

export type ModuleName = (typeof moduleNames)[number];

/** Absolute path of a module in this package, for `loadModule`, `translate` and `startEnvoy`. */
export function modulePath(name: ModuleName = 'sluice'): string {
  return join(packageRoot(), 'modules', `${name}.wasm`);
}
