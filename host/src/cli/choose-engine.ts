import { findContainerEngine } from '../proxy/container/container-engine.ts';
import { EnvironmentError } from '../proxy/environment-error.ts';
import type { EnvoyEngine } from '../proxy/envoy-engine.ts';
import { findLocalEngine } from '../proxy/local-engine.ts';
import type { RunOptions } from './run-options.ts';

/** What `--engine` names, ready to start Envoy. */
export async function chooseEngine(
  { engine, envoy, image }: Pick<RunOptions, 'engine' | 'envoy' | 'image'>,
  say: (line: string) => void,
): Promise<EnvoyEngine> {
  if (engine === 'container') {
    if (envoy !== undefined) throw useless('--envoy', 'local', engine);
    return findContainerEngine({ image, onProgress: say });
  }
  if (image !== undefined) throw useless('--image', 'container', engine);
  const found = await findLocalEngine({ path: envoy, onProgress: say });
  if (found.warning !== undefined) say(`warning: ${found.warning}`);
  return found.engine;
}

function useless(option: string, engine: RunOptions['engine'], got: RunOptions['engine']): EnvironmentError {
  return new EnvironmentError(`expected ${option} with --engine ${engine} only, got it with --engine ${got}`);
}
