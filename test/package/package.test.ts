import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { examplesIn } from './examples.ts';
import {
  contentOf,
  environmentWithNode,
  filesIn,
  type InstalledPackage,
  installPackage,
  pack,
  repository,
  run,
} from './installed-package.ts';

let installed: InstalledPackage;
let files: string[];
let manifest: {
  version: string;
  dependencies: object;
  peerDependencies: object;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
  devDependencies: object;
};

beforeAll(async () => {
  installed = await installPackage();
  files = [...(await contentOf(installed.tarball)).keys()];
  manifest = JSON.parse(await readFile(join(installed.root, 'package.json'), 'utf8'));
}, 300_000);
afterAll(() => installed?.remove());

const goodPolicy = `apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata: {name: shop, namespace: default}
spec:
  rules:
  - name: all
    limit: {tokenBucket: {maxTokens: 1, fillInterval: 1h}}
`;

async function write(name: string, text: string): Promise<string> {
  const path = join(installed.folder, name);
  await writeFile(path, text);
  return path;
}

/** An empty folder for what a program might leave behind. */
function emptyFolder(): Promise<string> {
  return mkdtemp(join(dirname(installed.tarball), 'left-behind-'));
}

function placesToWriteTo(folder: string): NodeJS.ProcessEnv {
  return { HOME: folder, TMPDIR: folder, XDG_CACHE_HOME: folder };
}

describe('the tarball', () => {
  test('holds what a user needs', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        ...['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json', 'bin/sluice', 'docs/library.md'],
        ...['dist/index.js', 'dist/index.d.ts', 'dist/simulator/index.js', 'dist/cli/main.js'],
        ...[
          'modules/sluice.wasm',
          'modules/rate-limit.wasm',
          'modules/quota-scheduler.wasm',
          'modules/circuit-breaker.wasm',
          'modules/header-mutation.wasm',
          'schema/plugin-configuration.schema.json',
        ],
      ]),
    );
  });

  test('holds no tests, no TypeScript sources and no leftovers', () => {
    const strange = files.filter(
      (file) =>
        /\.test\.|(^|\/)(__tests__|__fuzz__|testing|test|bench|host|assembly|node_modules)\//.test(file) ||
        (/\.[cm]?ts$/.test(file) && !file.endsWith('.d.ts')) ||
        !/^LICENSE$|^bin\/sluice$|\.(js|d\.ts|wasm|json|ya?ml|md|svg|png|html|css)$/.test(file),
    );
    expect(strange).toEqual([]);
  });

  test('is smaller than 2 MB', () => {
    const packed = statSync(installed.tarball).size;
    const unpacked = files.reduce((sum, file) => sum + statSync(join(installed.root, file)).size, 0);
    console.log(`the package: ${packed} bytes packed, ${unpacked} bytes unpacked, ${files.length} files`);
    expect(packed).toBeLessThan(2_000_000);
  });

  test('has the same content when it is made again', async () => {
    const again = await pack(join(await emptyFolder(), 'again'));
    expect(await contentOf(again)).toEqual(await contentOf(installed.tarball));
    expect((await readFile(again)).equals(await readFile(installed.tarball))).toBe(true);
  });

  test('imports exactly the packages it depends on, and those that are not optional were installed', async () => {
    const imported = new Set<string>();
    for (const file of files.filter((each) => /^dist\/.*\.(js|d\.ts)$/.test(each))) {
      const text = await readFile(join(installed.root, file), 'utf8');
      for (const [, specifier] of text.matchAll(/(?<!['"])\b(?:from|import)\s*\(?\s*['"]([^'"\n]+)['"]/g)) {
        if (/^(\.|node:)/.test(specifier!)) continue;
        imported.add(/^(@[^/]+\/)?[^/]+/.exec(specifier!)![0]);
      }
    }
    const peers = Object.keys(manifest.peerDependencies);
    expect([...imported].sort()).toEqual([...Object.keys(manifest.dependencies), ...peers].sort());
    expect(peers.filter((name) => manifest.peerDependenciesMeta[name]?.optional !== true)).toEqual([]);
    const present = new Set(await readdir(join(installed.folder, 'node_modules')));
    expect(Object.keys(manifest.devDependencies).filter((name) => present.has(name))).toEqual([]);
  });
});

describe('the installed command', () => {
  test('says its version', async () => {
    const finished = await run(installed.command, ['--version']);
    expect(finished).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  test('checks a policy without mistakes: exit code 0', async () => {
    const file = await write('good.yaml', goodPolicy);
    const finished = await run(installed.command, ['check', '-f', file]);
    expect(finished).toEqual({ code: 0, stdout: '1 policy ok\n', stderr: '' });
  });

  test('checks a policy with a mistake: exit code 1, and where it is', async () => {
    await write('bad.yaml', goodPolicy.replace('maxTokens: 1', 'maxTokens: 0'));
    const { code, stderr } = await run(installed.command, ['check', '-f', 'bad.yaml'], {
      cwd: installed.folder,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^bad\.yaml:7:38: error: spec\.rules\[0\]\..*maxTokens: expected .*, got 0\n/);
  });

  test('compiles to a plugin configuration, and to an Envoy that loads the module inside the package', async () => {
    const file = await write('good.yaml', goodPolicy);
    const plugin = await run(installed.command, ['compile', '-f', file, '--to', 'plugin']);
    expect(plugin).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(plugin.stdout)).toMatchObject({
      version: 1,
      rateLimits: [{ name: 'default/shop/all' }],
    });
    const envoy = await run(installed.command, ['compile', '-f', file, '--to', 'envoy']);
    expect(envoy).toMatchObject({ code: 0, stderr: '' });
    expect(envoy.stdout).toContain(JSON.stringify(join(installed.root, 'modules/sluice.wasm')));
  });

  test('packages the modules inside the package', async () => {
    const out = join(await emptyFolder(), 'out');
    const finished = await run(installed.command, ['package', '-o', out, '--format', 'files']);
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    for (const file of files.filter((each) => each.startsWith('modules/'))) {
      const written = await readFile(join(out, file.replace('modules/', 'files/')));
      expect(written.equals(await readFile(join(installed.root, file)))).toBe(true);
    }
  });

  test('runs Envoy until it is told to end', async () => {
    const file = await write('good.yaml', goodPolicy);
    const { path } = await findEnvoy();
    const anyPorts = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--concurrency', '1'];
    const child = spawn(installed.command, ['run', '-f', file, '--envoy', path, ...anyPorts], {
      env: environmentWithNode(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    const [ready] = await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), exited]);
    const url = /^ready (http:\S+)\n$/.exec(String(ready))?.[1];
    expect(url).toBeDefined();
    const statuses = [await statusOf(url!), await statusOf(url!)];
    expect(statuses).toEqual([200, 429]);
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });

  test('asks for the package that only containers need', async () => {
    const file = await write('good.yaml', goodPolicy);
    const finished = await run(installed.command, ['run', '-f', file, '--engine', 'container']);
    expect(finished).toMatchObject({ code: 2, stdout: '' });
    expect(finished.stderr).toContain('npm install testcontainers@12');
  });

  test('explains itself to a Node that is too old, and uses a newer one that SLUICE_NODE names', async () => {
    const old = await oldNode();
    const command = join(installed.root, 'bin/sluice');
    const alone = await run(old[0]!, [...old.slice(1), command, '--version'], {
      environment: { SLUICE_NODE: '' },
    });
    expect(alone.code).toBe(2);
    expect(alone.stderr).toMatch(
      /^sluice: expected Node 22\.18 or newer, got v\d+\.\d+\.\d+; .*SLUICE_NODE.*\n$/,
    );
    const helped = await run(old[0]!, [...old.slice(1), command, '--version'], {
      environment: { SLUICE_NODE: process.execPath },
    });
    expect(helped).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });
});

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url, { headers: { connection: 'close' } });
  await response.text();
  return response.status;
}

/** A Node before 22.18 where this machine has one; else this one, told to say it is. */
async function oldNode(): Promise<string[]> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  for (const node of folders.map((folder) => join(folder, 'node')).filter((path) => existsSync(path))) {
    const [major, minor] = (await run(node, ['-p', 'process.versions.node'])).stdout.split('.').map(Number);
    if (major! < 22 || (major === 22 && minor! < 18)) return [node];
  }
  const disguise = await write(
    'old.cjs',
    "Object.defineProperty(process, 'version', { value: 'v20.11.0' });\n",
  );
  return [process.execPath, '--require', disguise];
}

describe('the library', () => {
  test('does nothing on import but define', async () => {
    const program = await write(
      'import.mjs',
      `import { deepStrictEqual } from 'node:assert';
      const state = () => [process.eventNames(), process.getActiveResourcesInfo()];
      // Node opens these by itself when somebody loads one of its own modules.
      void [process.stdout, process.stderr];
      const before = state();
      await import('sluice');
      await import('sluice/simulator');
      deepStrictEqual(state(), before);\n`,
    );
    const leftBehind = await emptyFolder();
    const nothing = { code: 0, stdout: '', stderr: '' };
    const options = { cwd: leftBehind, environment: placesToWriteTo(leftBehind) };
    expect(await run(process.execPath, [program], options)).toEqual(nothing);
    expect(await filesIn(leftBehind)).toEqual([]);
    // Nor does it try: writing files, starting processes and threads are forbidden here.
    const forbidding = ['--permission', '--allow-fs-read=*', program];
    expect(await run(process.execPath, forbidding, options)).toEqual(nothing);
  });

  test('knows every module in the package', async () => {
    const modules = files.filter((file) => file.startsWith('modules/'));
    const names = modules.map((file) => file.slice('modules/'.length, -'.wasm'.length));
    const program = `import { loadModule, modulePath } from 'sluice';
    for (const name of ${JSON.stringify(names)} as const) {
      const loaded = loadModule(modulePath(name), { requireSluice: true });
      if (!loaded.accepted) throw new Error(name + loaded.problems.join());
    }\n`;
    const path = await write('modules.mts', program);
    expect(await run(process.execPath, [path])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await checkTypes(['modules.mts'])).toEqual('');
  });

  test.each(examplesIn('docs/library.md'))('runs the example $name of its documentation', async (example) => {
    const program = await write(example.name, example.program);
    const leftBehind = await emptyFolder();
    const finished = await run(process.execPath, [program], {
      cwd: leftBehind,
      environment: { TMPDIR: leftBehind, SLUICE_ENVOY: (await findEnvoy()).path },
    });
    expect(finished).toEqual({ code: 0, stdout: example.output, stderr: '' });
    expect(await filesIn(leftBehind)).toEqual([]);
  });

  test('has its schema under its name', async () => {
    const program = await write(
      'schema.mjs',
      `import schema from 'sluice/schema/plugin-configuration.schema.json' with { type: 'json' };
      console.log(schema.properties.version.const);`,
    );
    expect(await run(process.execPath, [program])).toEqual({ code: 0, stdout: '1\n', stderr: '' });
  });

  test('has types that hold under strict, for the examples and for mistakes', async () => {
    const examples = examplesIn('docs/library.md');
    for (const { name, program } of examples) await write(name.replace('.mjs', '.mts'), program);
    await write('mistakes.mts', mistakes);
    const programs = [...examples.map(({ name }) => name.replace('.mjs', '.mts')), 'mistakes.mts'];
    expect(await checkTypes(programs)).toBe('');
    expect(await checkTypes(programs, ['--module', 'preserve', '--moduleResolution', 'bundler'])).toBe('');
    // As Node projects are often set up; here a few inner types are unknown to the compiler.
    expect(await checkTypes(programs, ['--lib', 'es2024', '--skipLibCheck'])).toBe('');
  });
});

/** Each line after a `@ts-expect-error` is accepted where a type has become `any`, and refused by the compiler then. */
const mistakes = `
import * as sluice from 'sluice';
import { createSimulator } from 'sluice/simulator';
// @ts-expect-error a source has a name and a text
sluice.parse(['text']);
// @ts-expect-error documents, not text
sluice.validate('text');
// @ts-expect-error policies, not documents
sluice.plan(sluice.parse([]).documents);
// @ts-expect-error a plan, not what planning found
sluice.translate(sluice.plan([]), {} as sluice.EnvoyOptions);
// @ts-expect-error says where Envoy is
sluice.startEnvoy({ modulePath: sluice.modulePath(), translate: () => ({}) as sluice.EnvoyFiles });
// @ts-expect-error accepted or not must be asked first
sluice.loadModule(sluice.modulePath()).module;
// @ts-expect-error no such module
sluice.modulePath('no-such-module');
// @ts-expect-error no such format
sluice.packageModules({ formats: ['zip'] });
// @ts-expect-error needs a module
createSimulator({});
declare const envoy: sluice.StartedEnvoy;
const exit: sluice.EnvoyExit = await envoy.exited;
const verdict: sluice.Verdict = await envoy.update({} as sluice.EnvoyFiles);
// @ts-expect-error a reason is there only for a refusal
verdict.reason;
// @ts-expect-error a number or null
const code: string = exit.code;
export { code };
`;

/** What the compiler says, with the libraries' own declarations checked too. */
async function checkTypes(programs: string[], options: string[] = []): Promise<string> {
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  const nodeTypes = ['--types', 'node', '--typeRoots', join(repository, 'node_modules/@types')];
  const strict = ['--noEmit', '--strict', '--target', 'es2024', '--module', 'nodenext'];
  const { stdout, stderr } = await run(
    process.execPath,
    [compiler, ...strict, ...nodeTypes, ...options, ...programs],
    { cwd: installed.folder },
  );
  return stdout + stderr;
}

test.each(['docs/README.md', 'docs/library.md', 'docs/packaging.md', 'docs/containers.md'])(
  'the links of %s lead somewhere',
  async (page) => {
    const text = await readFile(join(repository, page), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link]) => link!);
    const broken = links.filter((link) => !existsSync(join(repository, dirname(page), link)));
    expect(broken).toEqual([]);
  },
);
