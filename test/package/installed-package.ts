import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';

export const repository = join(import.meta.dirname, '../..');

/** The package as a stranger gets it: packed here, installed into an empty folder. */
export interface InstalledPackage {
  tarball: string;
  /** Where it was installed, and where a user's files go. */
  folder: string;
  /** The unpacked package inside. */
  root: string;
  /** The `sluice` command. */
  command: string;
  remove(): Promise<void>;
}

export async function installPackage(): Promise<InstalledPackage> {
  const work = await mkdtemp(join(tmpdir(), 'sluice-package-'));
  const remove = () => rm(work, { recursive: true, force: true });
  try {
    const tarball = await pack(join(work, 'packed'));
    const folder = join(work, 'empty');
    await mkdir(folder);
    // A cache of its own: what is missing on a fresh machine must be missing here.
    const options = ['--prefix', folder, '--cache', join(work, 'npm-cache'), '--no-audit', '--no-fund'];
    await expectDone(await run('npm', ['install', ...options, tarball], { cwd: folder }));
    return {
      tarball,
      folder,
      root: join(folder, 'node_modules/sluice'),
      command: join(folder, 'node_modules/.bin/sluice'),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Makes the tarball in a new folder. */
export async function pack(folder: string): Promise<string> {
  await mkdir(folder);
  await expectDone(
    await run('npm', ['pack', '--loglevel=error', '--pack-destination', folder], { cwd: repository }),
  );
  const [tarball, ...others] = await readdir(folder);
  if (tarball === undefined || others.length > 0) {
    throw new Error(`Expected one tarball in ${folder}, got ${1 + others.length}`);
  }
  return join(folder, tarball);
}

/** Path and hash of every file in a tarball. */
export async function contentOf(tarball: string): Promise<Map<string, string>> {
  const folder = await mkdtemp(join(dirname(tarball), 'content-'));
  await expectDone(await run('tar', ['-xzf', tarball, '-C', folder]));
  const content = new Map<string, string>();
  for (const path of await filesIn(join(folder, 'package'))) {
    const bytes = await readFile(join(folder, 'package', path));
    content.set(path, createHash('sha256').update(bytes).digest('hex'));
  }
  return content;
}

/** All files below a folder, sorted, relative to it. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, with the Node of this test first on PATH. */
export function run(
  program: string,
  words: readonly string[],
  { cwd, environment }: { cwd?: string; environment?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd,
      env: { ...environmentWithNode(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const finished: Finished = { code: null, stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        finished[stream] += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...finished, code }));
  });
}

/** This Node first, and none of the repository's own tools: as-pect brings npm 6 along. */
export function environmentWithNode(): NodeJS.ProcessEnv {
  const folders = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((each) => !each.endsWith('node_modules/.bin'));
  return { ...process.env, PATH: [dirname(process.execPath), ...folders].join(delimiter), NO_COLOR: '1' };
}

async function expectDone({ code, stdout, stderr }: Finished): Promise<void> {
  if (code !== 0) throw new Error(`Expected exit code 0, got ${code}:\n${stdout}${stderr}`);
}
