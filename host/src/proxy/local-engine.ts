import type { EnvoyEngine } from './envoy-engine.ts';
import { EnvoyProcess } from './envoy-process.ts';
import { type FindEnvoyOptions, findEnvoy } from './find-envoy.ts';

/** Envoy as a process of this machine. */
export function localEngine(envoyPath: string, version?: string): EnvoyEngine {
  return {
    version,
    start: ({ envoyArguments, logPath }) => EnvoyProcess.spawn(envoyPath, envoyArguments, logPath),
  };
}

export async function findLocalEngine(
  options: FindEnvoyOptions,
): Promise<{ engine: EnvoyEngine; warning: string | undefined }> {
  const { path, version, warning } = await findEnvoy(options);
  return { engine: localEngine(path, version), warning };
}
