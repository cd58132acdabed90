import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EnvoyLog } from './envoy-log.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-log-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function problemsIn(text: string): Promise<string[]> {
  const path = join(folder, 'envoy.log');
  await writeFile(path, text);
  return new EnvoyLog(path).problemsSince(0);
}

const refusedByModule = `[2026-11-21 10:28:32.431][7976][error][wasm] [source/extensions/common/wasm/context.cc:1157] wasm log sluice sluice: rateLimits[0].name: expected a text
[2026-11-21 10:28:32.431][7976][error][wasm] [source/extensions/common/wasm/wasm.cc:104] Wasm VM failed Failed to configure base Wasm plugin
[2026-11-21 10:28:32.431][7976][critical][wasm] [source/extensions/common/wasm/wasm.cc:626] Plugin sluice failed to load
[2026-11-21 10:28:32.432][7976][warning][config] [source/extensions/config_subscription/filesystem/filesystem_subscription_impl.cc:81] Filesystem config update rejected: Unable to create Wasm plugin sluice
`;

test('what the module says comes first', async () => {
  expect(await problemsIn(refusedByModule)).toEqual([
    'rateLimits[0].name: expected a text',
    'Unable to create Wasm plugin sluice',
  ]);
});

const refusedByEnvoy = `[2026-11-21 10:12:45.257][9469][warning][config] [source/extensions/config_subscription/filesystem/filesystem_subscription_impl.cc:81] Filesystem config update rejected: goo.gle/debugstr
name: "sluice"
: Proto constraint validation failed (Domains: value must contain at least 1 item(s))
[2026-11-21 10:12:45.300][9469][warning][main] [source/server/server.cc:1] something else
`;

test('a statement over several lines becomes one', async () => {
  expect(await problemsIn(refusedByEnvoy)).toEqual([
    'goo.gle/debugstr name: "sluice" : Proto constraint validation failed (Domains: value must contain at least 1 item(s))',
  ]);
});

test('a quiet log names no problem', async () => {
  expect(await problemsIn('')).toEqual([]);
});
