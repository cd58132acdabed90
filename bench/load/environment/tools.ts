import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { executableOnPath, findEnvoy } from '../../../host/src/proxy/find-envoy.ts';
import { packageRoot } from '../../../host/src/proxy/package-root.ts';

export const repository = packageRoot();

/** The Envoy that `sluice run` would take. */
export const envoy = await findEnvoy();

/** fortio as FORTIO names it, else in .tools/bin, else on PATH. */
export function findFortio(): string {
  const named = process.env.FORTIO;
  const PATH = [join(repository, '.tools/bin'), process.env.PATH].join(delimiter);
  const found = named?.includes('/') ? named : executableOnPath(named ?? 'fortio', { PATH });
  if (found !== undefined && existsSync(found)) return found;
  throw new Error(
    named === undefined
      ? 'Expected fortio in .tools/bin, on PATH or named by FORTIO, got none (`make fortio` brings it)'
      : `Expected FORTIO to name a program, got ${named}`,
  );
}
