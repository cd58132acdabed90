import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { moduleNames, modulePath } from '../../../host/src/proxy/module-path.ts';
import { packageRoot } from '../../../host/src/proxy/package-root.ts';
import { poll } from '../../../host/src/proxy/poll.ts';

/**
 * Layouts through a real registry and back, with the tools of go-containerregistry, by which Istio's agent and Envoy
 * Gateway pull. `make test-registry` builds them.
 */
const PATH = [join(packageRoot(), '.tools/bin'), process.env.PATH].join(delimiter);
const env = { ...process.env, PATH, NO_COLOR: '1' };
const command = join(packageRoot(), 'bin/sluice');
let registry: ChildProcess;
let address: string;
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'sluice-registry-'));
  const port = await freePort();
  address = `127.0.0.1:${port}`;
  registry = spawn('registry', ['-port', `${port}`], { env, stdio: 'ignore' });
  const failed = new Promise<never>((_, reject) => registry.once('error', reject));
  const answers = () =>
    fetch(`http://${address}/v2/`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    );
  expect(await Promise.race([poll(answers, { withinMillis: 30_000 }), failed])).toBe(true);
});
afterAll(async () => {
  registry?.kill();
  await rm(work, { recursive: true, force: true });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function run(program: string, ...words: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(program, words, { env, maxBuffer: 2 ** 26 });
  expect({ status, stderr: status === 0 ? '' : stderr.toString() }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

const crane = (...words: string[]): Buffer => run('crane', '--insecure', ...words);

/** Pushes one module, and gives its reference in the registry and the digest that `sluice package` printed. */
function push(format: 'artifact' | 'image', module: string): { reference: string; printed: string } {
  const out = join(work, `${format}-${module}`);
  const words = ['package', '-o', out, '--module', module, '--format', format];
  const printed = run(process.execPath, command, ...words)
    .toString()
    .split(' ')[0]!;
  const reference = `${address}/${format}/${module}:test`;
  crane('push', join(out, format), reference);
  return { reference, printed };
}

describe.each(moduleNames)('%s in a registry', (module) => {
  test('as an artifact: under the printed digest, and a layer is the module', async () => {
    const { reference, printed } = push('artifact', module);
    expect(crane('digest', reference).toString().trim()).toBe(printed);
    const { layers } = JSON.parse(crane('manifest', reference).toString()) as {
      layers: { mediaType: string; digest: string }[];
    };
    expect(layers).toHaveLength(2);
    const content = layers.find(({ mediaType }) => mediaType.endsWith('.content.layer.v1+wasm'))!;
    const pulled = crane('blob', `${reference.replace(/:test$/, '')}@${content.digest}`);
    expect(pulled.equals(await readFile(modulePath(module)))).toBe(true);
  });

  test('as an image: valid, under the printed digest, and plugin.wasm is the module', async () => {
    const { reference, printed } = push('image', module);
    expect(crane('digest', reference).toString().trim()).toBe(printed);
    expect(crane('validate', '--remote', reference).toString()).toContain('PASS');
    const archive = join(work, `${module}.tar`);
    crane('export', reference, archive);
    const plugin = run('tar', '-xOf', archive, 'plugin.wasm');
    expect(plugin.equals(await readFile(modulePath(module)))).toBe(true);
  });
});
