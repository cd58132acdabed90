import { join } from 'node:path';
import { packageRoot } from './package-root.ts';

/** The modules in this package: all functions in one, and one for each alone. */
export type ModuleName = 'sluice' | 'rate-limit' | 'quota-scheduler' | 'circuit-breaker';

/** Absolute path of a module in this package, for `loadModule`, `translate` and `startEnvoy`. */
export function modulePath(name: ModuleName = 'sluice'): string {
  return join(packageRoot(), 'modules', `${name}.wasm`);
}
