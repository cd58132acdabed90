import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdminClient } from '../../host/src/proxy/admin-client.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { poll } from '../../host/src/proxy/poll.ts';
import { parseSocketAddress } from '../../host/src/proxy/socket-address.ts';

const root = join(import.meta.dirname, '../..');
let envoy: string;
let folder: string;

beforeAll(async () => {
  ({ path: envoy } = await findEnvoy());
  folder = await mkdtemp(join(tmpdir(), 'sluice-samples-'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const samples = ['one-limit.yaml', 'per-client.yaml', 'bypassed-routes.yaml', 'live-edits/bootstrap.yaml'];

/** Validation also runs the module over its configuration, where the filter stands in the file itself. */
test.each(samples)('envoy/%s is valid', async (sample) => {
  const validate = ['--mode', 'validate', '--log-level', 'error', '-c', `envoy/${sample}`];
  await promisify(execFile)(envoy, validate, { cwd: root });
});

test('Envoy refuses a sample whose plugin configuration is wrong, so validity means something', async () => {
  const text = await readFile(join(root, 'envoy/one-limit.yaml'), 'utf8');
  const validate = promisify(execFile)(
    envoy,
    [
      '--mode',
      'validate',
      '--log-level',
      'error',
      '--config-yaml',
      text.replace('"version": 1', '"version": 0'),
    ],
    { cwd: root },
  );
  await expect(validate).rejects.toThrow(/version/);
});

/** Validation does not read the watched files, so here Envoy runs. */
test('envoy/live-edits takes its filter and its routes from their files', async () => {
  const addressPath = join(folder, 'admin-address');
  const bootstrap = (await readFile(join(root, 'envoy/live-edits/bootstrap.yaml'), 'utf8'))
    .replace('port_value: 9901', 'port_value: 0')
    .replace('port_value: 10000', 'port_value: 0');
  const child = spawn(
    envoy,
    [
      '--config-yaml',
      bootstrap,
      '--admin-address-path',
      addressPath,
      '--disable-hot-restart',
      '--concurrency',
      '1',
    ],
    { cwd: root, stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const versions = await poll(
      async () => {
        const address = parseSocketAddress((await readFile(addressPath, 'utf8').catch(() => '')).trim());
        if (address === undefined) return undefined;
        const admin = new AdminClient(address);
        try {
          const stats = await admin.stats('^(extension_config|http\\.ingress\\.rds).*version_text$');
          return [...stats.values()].filter((version) => version === '1').length === 2 ? stats : undefined;
        } catch {
          return undefined;
        } finally {
          admin.close();
        }
      },
      { withinMillis: 15_000, everyMillis: 20 },
    );
    expect(versions).toBeDefined();
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}, 30_000);
