import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EnvironmentError } from './environment-error.ts';
import { findEnvoy } from './find-envoy.ts';
import { envoyWheel } from './pinned-envoy.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-find-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A program that answers `--version` as Envoy does. */
async function program(path: string, version = '1.40.0'): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, `#!/bin/sh\necho "envoy  version: 0123abc/${version}/Clean/RELEASE/BoringSSL"\n`, {
    mode: 0o755,
  });
  return file;
}

async function cached(): Promise<string> {
  const path = await program('cache/envoy-1.40.0/envoy');
  const bytes = (await stat(path)).size;
  await writeFile(`${path}.json`, JSON.stringify({ wheelSha256: envoyWheel.sha256, bytes }));
  return path;
}

describe('findEnvoy', () => {
  test('takes the option before SLUICE_ENVOY before PATH before the cache', async () => {
    const [option, variable, onPath, inCache] = [
      await program('option/envoy'),
      await program('variable/envoy'),
      await program('path/envoy'),
      await cached(),
    ];
    const cache = { SLUICE_CACHE: join(folder, 'cache'), PATH: '/nonexistent' };
    const path = { ...cache, PATH: `/nonexistent:${join(folder, 'path')}` };
    const environment = { ...path, SLUICE_ENVOY: variable };
    const sourceAndPath = async (given: Parameters<typeof findEnvoy>[0]) => {
      const { source, path: found } = await findEnvoy(given);
      return [source, found];
    };
    expect(await sourceAndPath({ path: option, environment })).toEqual(['option', option]);
    expect(await sourceAndPath({ environment })).toEqual(['SLUICE_ENVOY', variable]);
    expect(await sourceAndPath({ environment: path })).toEqual(['PATH', onPath]);
    expect(await sourceAndPath({ environment: cache })).toEqual(['cache', inCache]);
  });

  test('warns of another version, and of no patch release', async () => {
    const older = await findEnvoy({ path: await program('older', '1.38.2') });
    expect(older).toMatchObject({
      version: '1.38.2',
      warning: expect.stringContaining('tested with 1.40.0'),
    });
    expect((await findEnvoy({ path: await program('patch', '1.40.3') })).warning).toBeUndefined();
  });

  test('passes over a cached file that is not whole', async () => {
    const path = await cached();
    await writeFile(path, '#!/bin/sh\n');
    // Without python3 nothing can be fetched in its place, and the error says what to do.
    const environment = { SLUICE_CACHE: join(folder, 'cache'), PATH: '/nonexistent' };
    const failure = await findEnvoy({ environment }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EnvironmentError);
    expect((failure as Error).message).toContain('SLUICE_ENVOY=PATH');
  });

  test.each([
    ['a missing file', () => join(folder, 'missing'), /--envoy to name an executable file/],
    ['a folder', () => folder, /--envoy to name an executable file/],
    ['another program', () => '/bin/echo', /to be Envoy/],
  ])('refuses %s', async (_, path, message) => {
    await expect(findEnvoy({ path: path() })).rejects.toThrow(message);
  });
});
