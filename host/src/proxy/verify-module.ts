import { loadModule } from '../simulator/load-module.ts';
import { EnvironmentError } from './environment-error.ts';

/** The bytes of a module. Envoy refuses to start with a broken one, or crashes; this says what is wrong before that. */
export function verifyModule(path: string): Uint8Array {
  const loaded = loadModule(path, { requireSluice: true });
  if (loaded.accepted) return loaded.bytes;
  const problems = loaded.problems.map((problem) => `\n  ${problem}`).join('');
  throw new EnvironmentError(`the Wasm module ${path} cannot be used:${problems}`);
}
