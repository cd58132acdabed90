import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { moduleNames, modulePath } from '../../host/src/proxy/module-path.ts';

const command = join(import.meta.dirname, '../../bin/sluice');
let work: string;
/** Everything, written once. */
let out: string;
let digests: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'sluice-package-'));
  out = join(work, 'out');
  const { status, stdout, stderr } = sluice('package', '-o', out);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  digests = stdout;
});
afterAll(() => rm(work, { recursive: true, force: true }));

function sluice(...words: string[]) {
  return run(process.execPath, command, ...words);
}

function run(program: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: work,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
}

async function contentOf(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      paths.sort().map(async (path) => [relative(folder, path), sha256(await readFile(path))] as const),
    ),
  );
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

interface Manifest {
  schemaVersion: number;
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
  annotations: Record<string, string>;
}

/** An image layout, every blob of which is what its descriptor says. */
class Layout {
  readonly folder: string;
  /** Blobs that somebody named. */
  readonly named = new Set<string>();

  constructor(folder: string) {
    this.folder = folder;
  }

  async manifests(): Promise<[reference: string, manifest: Manifest][]> {
    expect(JSON.parse(await readFile(join(this.folder, 'oci-layout'), 'utf8'))).toEqual({
      imageLayoutVersion: '1.0.0',
    });
    const index = JSON.parse(await readFile(join(this.folder, 'index.json'), 'utf8'));
    expect(index).toMatchObject({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json' });
    return Promise.all(
      index.manifests.map(async (descriptor: Descriptor) => {
        const manifest = JSON.parse((await this.blob(descriptor)).toString()) as Manifest;
        expect(manifest.schemaVersion).toBe(2);
        expect(manifest.mediaType).toBe('application/vnd.oci.image.manifest.v1+json');
        expect(descriptor.mediaType).toBe(manifest.mediaType);
        return [descriptor.annotations?.['org.opencontainers.image.ref.name'], manifest] as const;
      }),
    );
  }

  async blob({ digest, size }: Descriptor): Promise<Buffer> {
    const [algorithm, hex] = digest.split(':');
    expect(algorithm).toBe('sha256');
    const bytes = await readFile(this.path(digest));
    expect({ hex: sha256(bytes), size: bytes.length }).toEqual({ hex, size });
    this.named.add(hex!);
    return bytes;
  }

  path(digest: string): string {
    return join(this.folder, 'blobs', ...digest.split(':'));
  }

  async expectNothingElse(): Promise<void> {
    expect((await readdir(join(this.folder, 'blobs/sha256'))).sort()).toEqual([...this.named].sort());
  }
}

describe('sluice package', () => {
  test('writes artifacts of two layers, of which one is the module', async () => {
    const layout = new Layout(join(out, 'artifact'));
    const manifests = await layout.manifests();
    expect(manifests.map(([reference]) => reference)).toEqual([...moduleNames]);
    for (const [index, [, { config, layers }]] of manifests.entries()) {
      // Istio and Envoy Gateway refuse another number of layers, and look for this type.
      expect(layers.map(({ mediaType }) => mediaType)).toEqual([
        'application/vnd.module.wasm.config.v1+json',
        'application/vnd.module.wasm.content.layer.v1+wasm',
      ]);
      expect(config.mediaType).toBe('application/vnd.module.wasm.config.v1+json');
      const module = await layout.blob(layers[1]!);
      expect(module.equals(await readFile(modulePath(moduleNames[index])))).toBe(true);
      expect(JSON.parse((await layout.blob(layers[0]!)).toString())).toMatchObject({ type: 'envoy_proxy' });
      await layout.blob(config);
    }
    await layout.expectNothingElse();
  });

  test('writes images whose last layer has plugin.wasm, which tar finds there', async () => {
    const layout = new Layout(join(out, 'image'));
    const manifests = await layout.manifests();
    expect(manifests.map(([reference]) => reference)).toEqual([...moduleNames]);
    for (const [index, [, { config, layers, annotations }]] of manifests.entries()) {
      expect(layers.map(({ mediaType }) => mediaType)).toEqual([
        'application/vnd.oci.image.layer.v1.tar+gzip',
      ]);
      expect(annotations['module.wasm.image/variant']).toBe('compat');
      const layer = layers[0]!;
      const list = run('tar', '-tvzf', layout.path(layer.digest));
      expect(list).toMatchObject({ status: 0, stderr: '' });
      expect(list.stdout.split('\n')).toHaveLength(2);
      const plugin = spawnSync('tar', ['-xOzf', layout.path(layer.digest), 'plugin.wasm']).stdout;
      expect(plugin.equals(await readFile(modulePath(moduleNames[index])))).toBe(true);
      // The configuration names the layer as it is without gzip.
      const tar = spawnSync('gzip', ['-dc'], { input: await layout.blob(layer) }).stdout;
      expect(config.mediaType).toBe('application/vnd.oci.image.config.v1+json');
      expect(JSON.parse((await layout.blob(config)).toString()).rootfs).toEqual({
        type: 'layers',
        diff_ids: [`sha256:${sha256(tar)}`],
      });
    }
    await layout.expectNothingElse();
  });

  test('writes ConfigMaps, and patches that mount them where they say', async () => {
    for (const name of moduleNames) {
      const read = async (file: string) => parse(await readFile(join(out, 'configmap', name, file), 'utf8'));
      const [configMap, gateway, sidecar] = await Promise.all(
        ['configmap.yaml', 'gateway-patch.yaml', 'sidecar-patch.yaml'].map(read),
      );
      const module = await readFile(modulePath(name));
      expect(configMap).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', immutable: true });
      expect(Object.keys(configMap.binaryData)).toEqual([`${name}.wasm`]);
      expect(Buffer.from(configMap.binaryData[`${name}.wasm`], 'base64').equals(module)).toBe(true);
      expect(configMap.metadata.name).toBe(`sluice-module-${name}-${sha256(module).slice(0, 10)}`);

      const volume = { configMap: { name: configMap.metadata.name } };
      const mount = { mountPath: `/etc/sluice/${name}.wasm`, subPath: `${name}.wasm`, readOnly: true };
      const { volumes, containers } = gateway.spec.template.spec;
      expect(volumes).toEqual([{ name: `sluice-module-${name}`, ...volume }]);
      expect(containers).toEqual([
        { name: 'istio-proxy', volumeMounts: [{ name: `sluice-module-${name}`, ...mount }] },
      ]);
      const { annotations } = sidecar.spec.template.metadata;
      expect(JSON.parse(annotations['sidecar.istio.io/userVolume'])).toEqual({
        [`sluice-module-${name}`]: volume,
      });
      expect(JSON.parse(annotations['sidecar.istio.io/userVolumeMount'])).toEqual({
        [`sluice-module-${name}`]: mount,
      });
    }
  });

  test('lists every file in SHA256SUMS, as sha256sum reads it', async () => {
    expect(
      spawnSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: out }).status,
    ).toBe(0);
    const listed = (await readFile(join(out, 'SHA256SUMS'), 'utf8')).trimEnd().split('\n');
    const files = [...(await contentOf(out)).keys()].filter((path) => path !== 'SHA256SUMS');
    expect(listed.map((line) => line.slice(66))).toEqual(files.sort());
  });

  test('prints the digest of every module and of every manifest', async () => {
    const printed = new Map(
      digests
        .trimEnd()
        .split('\n')
        .map((line) => line.split('  ').toReversed() as [string, string]),
    );
    const expected = new Map<string, string>();
    for (const name of moduleNames) {
      expected.set(`files/${name}`, `sha256:${sha256(await readFile(modulePath(name)))}`);
    }
    for (const format of ['artifact', 'image']) {
      const { manifests } = JSON.parse(await readFile(join(out, format, 'index.json'), 'utf8'));
      for (const { digest, annotations } of manifests as Descriptor[]) {
        expected.set(`${format}/${annotations!['org.opencontainers.image.ref.name']}`, digest);
      }
    }
    expect(printed).toEqual(expected);
  });

  test('writes equal bytes when it is done again', async () => {
    const again = join(work, 'again');
    expect(sluice('package', '-o', again).stdout).toBe(digests);
    expect(await contentOf(again)).toEqual(await contentOf(out));
  });

  test('writes only what was asked for, in the order of the package, and each once', async () => {
    const some = join(work, 'some');
    const words = ['--format', 'artifact', '--module', 'rate-limit', 'sluice', '--module', 'rate-limit'];
    const { status, stdout } = sluice('package', '-o', some, ...words);
    expect(status).toBe(0);
    expect(stdout.match(/artifact\/.*/g)).toEqual(['artifact/sluice', 'artifact/rate-limit']);
    expect((await readdir(some)).sort()).toEqual(['SHA256SUMS', 'artifact']);
    expect((await new Layout(join(some, 'artifact')).manifests()).map(([reference]) => reference)).toEqual([
      'sluice',
      'rate-limit',
    ]);
  });

  test('overwrites only with --force', async () => {
    const kept = join(work, 'kept');
    const words = ['package', '-o', kept, '--module', 'sluice', '--format', 'files'];
    expect(sluice(...words).status).toBe(0);
    await writeFile(join(kept, 'files/sluice.wasm'), 'mine');
    const before = await contentOf(kept);
    expect(sluice(...words)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: `sluice: expected no files/sluice.wasm, SHA256SUMS in ${kept}; overwrite with --force\n`,
    });
    expect(await contentOf(kept)).toEqual(before);
    expect(sluice(...words, '--force').status).toBe(0);
    expect((await readFile(join(kept, 'files/sluice.wasm'))).equals(await readFile(modulePath()))).toBe(true);
  });

  test.each([
    ['--module', 'rate-limt', 'did you mean `rate-limit`?'],
    [
      '--module',
      'everything',
      'sluice, rate-limit, quota-scheduler, circuit-breaker, header-mutation, got everything',
    ],
    ['--format', 'config-map', 'did you mean `configmap`?'],
    ['--format', 'zip', 'expected a format of files, artifact, image, configmap, got zip'],
  ])('%s %s is refused: %s', async (option, value, message) => {
    const { status, stderr } = sluice('package', '-o', join(work, 'refused'), option, value);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(await readdir(work)).not.toContain('refused');
  });

  test('a folder that cannot be is a fault of the environment', async () => {
    await writeFile(join(work, 'file'), '');
    const { status, stderr } = sluice('package', '-o', join(work, 'file/out'));
    expect(status).toBe(2);
    expect(stderr).toContain(join(work, 'file'));
    expect(sluice('package')).toMatchObject({ status: 2, stderr: expect.stringContaining('--output') });
  });
});
