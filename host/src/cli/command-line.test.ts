import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const entry = join(import.meta.dirname, 'main.ts');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function sluice(words: string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...words], {
    cwd: folder,
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function write(name: string, text: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
}

const policy = (name: string, maxTokens = 1) =>
  JSON.stringify({
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'RateLimitPolicy',
    metadata: { name },
    spec: { rules: [{ name: 'r', limit: { tokenBucket: { maxTokens, fillInterval: '1s' } } }] },
  });

const headers = (name: string, value: string) =>
  JSON.stringify({
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'HeaderPolicy',
    metadata: { name },
    spec: { rules: [{ name: 'r', request: [{ set: { name: `x-${name}`, value } }] }] },
  });

describe('sluice compile --explain', () => {
  it('says which header rules Envoy carries out itself, on standard error', () => {
    write('a.yaml', `${headers('a', 'fixed')}\n---\n${headers('b', '{limiter}')}`);
    const { status, stdout, stderr } = sluice(['compile', '-f', 'a.yaml', '--to', 'envoy', '--explain']);
    expect(status).toBe(0);
    expect(stderr).toBe(
      'header rule default/a/r: Envoy’s own routes\n' +
        'header rule default/b/r: module, because the value of x-b tells facts: {limiter}\n',
    );
    expect(JSON.stringify(JSON.parse(stdout))).toContain(
      '"request_headers_to_add":[{"header":{"key":"x-a","value":"fixed"}',
    );
  });
});

describe('sluice check', () => {
  it('reads files, folders and standard input, each file once, and says how many policies are right', () => {
    write('policies/a.yaml', policy('a'));
    write('policies/deep/b.yml', policy('b'));
    write('policies/.hidden/c.yaml', policy('a'));
    write('policies/notes.txt', 'no policy');
    const { status, stdout, stderr } = sluice(
      ['check', '-f', 'policies', 'policies/a.yaml', '-f', '-'],
      policy('c'),
    );
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '3 policies ok\n', stderr: '' });
  });

  it('reports all problems of all files in order, and exits with 1', () => {
    write('b.yaml', `${policy('b', 0)}\n---\n${policy('c', -1)}`);
    write('a.yaml', policy('a', 0.5));
    const { status, stdout, stderr } = sluice(['check', '-f', '.']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr.replaceAll(/:\d+: error: .*/g, '')).toBe('a.yaml:1\nb.yaml:1\nb.yaml:3\n3 errors\n');
  });

  it('warns of kinds it does not read; --strict refuses them', () => {
    write('a.yaml', 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n');
    expect(sluice(['check', '-f', 'a.yaml'])).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('a.yaml:2:7: warning: kind: '),
    });
    expect(sluice(['check', '--strict', '-f', 'a.yaml'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('a.yaml:2:7: error: kind: '),
    });
  });

  it('exits with 2 where the problem is not the policies', () => {
    write('empty/readme.txt', '');
    expect(sluice(['check', '-f', 'none.yaml'])).toMatchObject({
      status: 2,
      stderr: 'sluice: cannot read none.yaml: no such file or folder\n',
    });
    expect(sluice(['check', '-f', 'empty'])).toMatchObject({ status: 2 });
    expect(sluice(['check'])).toMatchObject({ status: 2 });
    expect(sluice(['chek'])).toMatchObject({ status: 2, stderr: expect.stringContaining('check') });
  });

  it('refuses 10 MB and bytes that are no text', () => {
    write('a.yaml', '#'.repeat(10_000_000));
    writeFileSync(join(folder, 'b.yaml'), Buffer.from([0xff, 0xfe, 0]));
    const { status, stderr } = sluice(['check', '-f', '.']);
    expect(status).toBe(1);
    expect(stderr).toContain(
      'a.yaml:1:1: error: expected a file of at most 8388608 bytes (8 MiB), got 10000000',
    );
    expect(stderr).toContain('b.yaml:1:1: error: expected text in UTF-8, got other bytes');
    expect(sluice(['check', '-f', '-'], '#'.repeat(10_000_000))).toMatchObject({ status: 1 });
  });
});

describe('sluice compile', () => {
  it('prints the plugin configuration, equal for equal policies', () => {
    write('a.yaml', policy('a'));
    const first = sluice(['compile', '-f', 'a.yaml', '--to', 'plugin']);
    expect(first.status).toBe(0);
    expect(JSON.parse(first.stdout).rateLimits[0].name).toBe('default/a/r');
    expect(sluice(['compile', '-f', 'a.yaml', '--to', 'plugin']).stdout).toBe(first.stdout);
  });

  it('writes nothing when a policy has a mistake', () => {
    write('a.yaml', policy('a'));
    write('b.yaml', policy('b', 0));
    const { status, stdout } = sluice(['compile', '-f', '.', '--to', 'envoy', '-o', 'out']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(readdirSync(folder).sort()).toEqual(['a.yaml', 'b.yaml']);
  });

  it('writes into a folder, and overwrites only with --force', () => {
    write('a.yaml', policy('a'));
    const compile = (...more: string[]) =>
      sluice(['compile', '-f', 'a.yaml', '--to', 'envoy', '-o', 'out', ...more]);
    expect(compile()).toMatchObject({ status: 0, stdout: '' });
    expect(readdirSync(join(folder, 'out')).sort()).toEqual([
      'bootstrap.json',
      'clusters.json',
      'filter.json',
      'routes.json',
    ]);
    write('out/routes.json', 'mine');
    expect(compile()).toMatchObject({ status: 2, stderr: expect.stringContaining('--force') });
    expect(readFileSync(join(folder, 'out/routes.json'), 'utf8')).toBe('mine');
    expect(compile('--force')).toMatchObject({ status: 0 });
    expect(readFileSync(join(folder, 'out/routes.json'), 'utf8')).not.toBe('mine');
  });

  it('names the targets it knows when it is asked for another', () => {
    write('a.yaml', policy('a'));
    expect(sluice(['compile', '-f', 'a.yaml', '--to', 'nginx'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('envoy, plugin'),
    });
  });
});

describe('sluice compile for meshes', () => {
  const compile = (...words: string[]) => sluice(['compile', '-f', 'a.yaml', ...words]);

  it('prints objects to apply, and nothing else, on standard output', () => {
    write('a.yaml', policy('a'));
    const { status, stdout, stderr } = compile('--to', 'istio');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr:
        'EnvoyFilter istio-system/sluice-gateway-istio-ingressgateway: 1 rule, in the place of all that was applied under this name; module from file:/etc/sluice/sluice.wasm\n',
    });
    expect(stdout).toContain(
      '# Written by sluice compile from:\n#   default/a/r\napiVersion: networking.istio.io',
    );
  });

  it('tells policies that are compiled apart from each other by a name', () => {
    write('a.yaml', policy('a'));
    const { stdout } = compile('--to', 'istio', '--set', 'shop');
    expect(stdout).toContain('  name: sluice-gateway-istio-ingressgateway--shop\n');
    expect(stdout).toContain('    sluice.dev/set: shop\n');
    expect(compile('--to', 'istio', '--set', 'a--b')).toMatchObject({ status: 2 });
    expect(
      compile('--to', 'envoy-gateway', '--set', 'a', '--module-source', 'oci://a.example/b'),
    ).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        'expected no --set beside envoy-gateway, which cannot carry it; `--to istio` can',
      ),
    });
  });

  it('refuses an object that Kubernetes cannot store', () => {
    const rules = Array.from({ length: 1000 }, (_, at) => ({
      name: `r${at}`,
      limit: { tokenBucket: { maxTokens: 1, fillInterval: '1s' } },
      response: { body: 'x'.repeat(1100) },
    }));
    const spec = { rules };
    write(
      'a.yaml',
      JSON.stringify({
        apiVersion: 'sluice.dev/v1alpha1',
        kind: 'RateLimitPolicy',
        metadata: { name: 'a' },
        spec,
      }),
    );
    const { status, stdout, stderr } = compile('--to', 'istio');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(
      'for the 1000 rules of EnvoyFilter istio-system/sluice-gateway-istio-ingressgateway; compile them in parts',
    );
  });

  it('writes a file an object, and overwrites only with --force', () => {
    write('a.yaml', policy('a'));
    expect(compile('--to', 'istio', '-o', 'out').status).toBe(0);
    expect(readdirSync(join(folder, 'out'))).toEqual([
      'envoyfilter.istio-system.sluice-gateway-istio-ingressgateway.yaml',
    ]);
    expect(compile('--to', 'istio', '-o', 'out')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('overwrite with --force'),
    });
    expect(compile('--to', 'istio', '-o', 'out', '--force').status).toBe(0);
  });

  it.each([
    [['--to', 'istio', '--phase', 'AUTHN'], 'expected no --phase beside --resource EnvoyFilter'],
    [
      ['--to', 'istio', '--resource', 'WasmPlugin', '--bypass', 'a:80'],
      'expected no --bypass beside --resource WasmPlugin, which cannot carry it; `--to istio --resource EnvoyFilter` can carry it',
    ],
    [['--to', 'istio', '--module-source', 'oci://a.example/b'], 'Envoy fetches no images'],
    [['--to', 'istio', '--module-source', 'sluice.wasm'], 'expected --module-source file:/PATH'],
    [
      ['--to', 'istio', '--failure-policy', 'FAIL_OPEN', '--reload-backoff', '1s'],
      'expected --reload-backoff with FAIL_RELOAD alone, got FAIL_OPEN',
    ],
    [['--to', 'envoy-gateway'], 'expected --module-source https://URL[#sha256=HEX] or oci://'],
    [
      ['--to', 'istio', '--resource', 'WasmPlugin', '--module-source', 'oci://a.example/b#sha256=ae4a…8c6d'],
      'got oci://a.example/b#sha256=ae4a…8c6d; HEX is 64 digits',
    ],
    [['--to', 'envoy-gateway', '--module-source', 'file:/a.wasm'], 'Envoy Gateway reads no files'],
    [
      ['--to', 'envoy-gateway', '--module-source', 'oci://a.example/b', '--failure-policy', 'FAIL_RELOAD'],
      'got FAIL_RELOAD, which an EnvoyExtensionPolicy cannot ask for',
    ],
    [['--to', 'istio', '--gateway', 'edge'], 'expected NAMESPACE/NAME'],
  ])('refuses %j, and writes nothing', (words, message) => {
    write('a.yaml', policy('a'));
    const { status, stdout, stderr } = compile(...words, '-o', 'out');
    expect(stderr).toContain(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(readdirSync(folder)).toEqual(['a.yaml']);
  });

  it('names the field that a target cannot carry, and the target that can', () => {
    write(
      'a.yaml',
      `apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata: { name: a }
spec:
  workloadSelector: { labels: { app: a } }
  applyToTraffic: sidecar_inbound
  rules:
  - { name: r, limit: { tokenBucket: { maxTokens: 1, fillInterval: 1s } } }
`,
    );
    const { status, stderr } = compile(
      '--to',
      'envoy-gateway',
      '--module-source',
      'oci://a.example/b',
      '-o',
      'out',
    );
    expect(status).toBe(1);
    expect(stderr).toContain(
      'a.yaml:6:19: error: spec.applyToTraffic: expected a policy for a Gateway of Gateway API, got one for the sidecar_inbound traffic of pods with app=a; `--to istio` can carry it',
    );
    expect(readdirSync(folder)).toEqual(['a.yaml']);
  });

  it('takes the digest of the module in this package for a URL that says none', () => {
    write('a.yaml', policy('a'));
    write('module.wasm', 'bytes');
    const { stdout } = compile(
      '--to',
      'istio',
      '--module-source',
      'https://a.example/s.wasm',
      '--module',
      'module.wasm',
    );
    expect(stdout).toContain(`sha256: ${createHash('sha256').update('bytes').digest('hex')}`);
  });

  it('says when there is nothing to apply', () => {
    write('a.yaml', '# nothing\n');
    expect(compile('--to', 'istio')).toMatchObject({
      status: 0,
      stdout: '',
      stderr: expect.stringContaining('nothing to apply'),
    });
  });
});
