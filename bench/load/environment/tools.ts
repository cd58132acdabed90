import { join } from 'node:path';
import { executableOnPath, findEnvoy } from '../../../host/src/proxy/find-envoy.ts';
import { packageRoot } from '../../../host/src/proxy/package-root.ts';

export const repository = packageRoot();

/** The Envoy that `sluice run` would take. */
export const envoy = await findEnvoy();

/** fortio as FORTIO names it, else in .tools/bin, else on PATH. */
export function findFortio(): string {
  const found =
    process.env.FORTIO ??
    executableOnPath('fortio', { PATH: [join(repository, '.tools/bin'), process.env.PATH].join(':') });
  if (found === undefined) {
    throw new Error(
      'Expected fortio in .tools/bin, on PATH or named by FORTIO, got none (`make tools` brings it)',
    );
  }
  return found;
}
