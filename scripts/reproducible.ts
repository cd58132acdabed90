/**
 * Builds the commit that is checked out twice, each time from a fresh clone, and compares what comes of it byte for byte.
 *
 *   node scripts/reproducible.ts
 *
 * The clones have paths of different lengths, and are built under different time zones and languages. They share the
 * packages of this folder: package-lock.json pins those by content. Exit code 1 when anything differs.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { moduleNames } from '../host/src/proxy/module-path.ts';
import { packageRoot } from '../host/src/proxy/package-root.ts';

const repository = packageRoot();
const commit = run('git', ['rev-parse', 'HEAD']).trim();
if (run('git', ['status', '--porcelain']) !== '') {
  console.log('What is not committed is left out.');
}
const work = mkdtempSync(join(tmpdir(), 'sluice-reproducible-'));
try {
  const first = build('a', { TZ: 'UTC', LC_ALL: 'C' });
  const second = build('a-longer/path/to/the/other', { TZ: 'Asia/Kathmandu', LC_ALL: 'C.UTF-8' });
  const paths = [...new Set([...first.keys(), ...second.keys()])].sort();
  const different = paths.filter((path) => first.get(path) !== second.get(path));
  for (const path of paths.filter((each) => each.startsWith('modules/'))) {
    console.log(`${first.get(path)}  ${path}`);
  }
  for (const path of different) {
    console.log(`DIFFERENT ${path}: ${first.get(path) ?? 'absent'}, ${second.get(path) ?? 'absent'}`);
  }
  console.log(
    `${commit}: ${paths.length - different.length} files are equal in both builds, ${different.length} differ`,
  );
  process.exitCode = different.length === 0 && paths.length > 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Hashes of the modules and of what `sluice package` makes of them, by path. */
function build(name: string, environment: NodeJS.ProcessEnv): Map<string, string> {
  const clone = join(work, name);
  run('git', ['clone', '--quiet', '--no-hardlinks', repository, clone]);
  run('git', ['checkout', '--quiet', commit], clone);
  symlinkSync(join(repository, 'node_modules'), join(clone, 'node_modules'));
  const variables = {
    ...process.env,
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    ...environment,
  };
  console.log(`building in ${relative(work, clone)}`);
  // Never `npm ci` here: through the link it would remove the packages of this folder.
  const packagesAreThere = ['--old-file', 'node_modules/.package-lock.json'];
  const modules = moduleNames.map((each) => `modules/${each}.wasm`);
  run('make', ['--silent', ...packagesAreThere, `NODE=${process.execPath}`, ...modules], clone, variables);
  run(process.execPath, ['bin/sluice', 'package', '--output', 'out'], clone, variables);
  return new Map(['modules', 'out'].flatMap((folder) => hashes(clone, folder)));
}

function hashes(clone: string, folder: string): [path: string, hash: string][] {
  return readdirSync(join(clone, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [relative(clone, path), createHash('sha256').update(readFileSync(path)).digest('hex')]);
}

function run(program: string, words: string[], cwd = repository, env = process.env): string {
  return execFileSync(program, words, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
