import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { objectsIn } from './compile-to-istio.ts';
import { findings } from './findings.ts';
import { useIstioBed } from './use-istio-bed.ts';

/** What the translators are expected to print, before the programs it is meant for. */
const folder = join(import.meta.dirname, '../../golden-mesh');
const istioFiles = ['istio.yaml', 'wasmplugin.yaml', 'trafficextension.yaml'];
const files = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => [...istioFiles, 'envoy-gateway.yaml'].map((file) => [name, file] as const))
  .filter(([name, file]) => existsSync(join(folder, name, file)));

const bed = useIstioBed(() => ({ definitions: ['istio', 'gateway-api', 'envoy-gateway'] }));
const read = (name: string, file: string) => readFileSync(join(folder, name, file), 'utf8');

beforeAll(async () => {
  const all = files.flatMap(([name, file]) => objectsIn(read(name, file)));
  const namespaces = new Set(all.map(({ metadata }) => metadata.namespace ?? 'default'));
  const documents = [...namespaces].map((name) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  );
  await bed().apply(documents.join('\n---\n'));
});

it.each([...istioFiles, 'envoy-gateway.yaml'])('there are cases with %s', (file) => {
  expect(files.filter(([, each]) => each === file).length).toBeGreaterThan(0);
});

describe.each(files)('%s: %s', (name, file) => {
  it('is accepted by the API server', async () => {
    const documents = read(name, file);
    const { code, stdout, stderr } = await bed().api.tryKubectl(
      ['apply', '--dry-run=server', '-f', '-'],
      documents,
    );
    expect(code, stderr).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(objectsIn(documents).length);
  });
});

describe.each(files.filter(([, file]) => istioFiles.includes(file)))('%s: %s', (name, file) => {
  it('leaves istioctl nothing to find', async () => {
    expect(await findings(bed(), read(name, file))).toEqual([]);
  });
});
