import { loadModule } from '../simulator/load-module.ts';
import { EnvironmentError } from './environment-error.ts';

/** Envoy refuses to start with a broken module, or crashes; this says what is wrong before that. */
export function verifyModule(path: string): void {
  const loaded = loadModule(path, { requireSluice: true });
  if (loaded.accepted) return;
  const problems = loaded.problems.map((problem) => `\n  ${problem}`).join('');
  throw new EnvironmentError(`the Wasm module ${path} cannot be used:${problems}`);
}
