import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { GoProgram } from './programs.ts';

const PROGRESS_MILLIS = 10_000;

/** Builds a program into a folder, unless it is there already and was built from the same. */
export async function buildProgram(
  program: GoProgram,
  folder: string,
  say: (line: string) => void,
): Promise<void> {
  const path = join(folder, program.name);
  const source = join(import.meta.dirname, program.module);
  const flags = linkerFlags(program);
  const builtFrom = fingerprint(source, program.package, flags);
  if (existsSync(path) && read(`${path}.built-from`) === builtFrom) return;
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  say(`building ${program.name} (minutes the first time)`);
  const unfinished = `${path}.unfinished`;
  let packages = 0;
  const timer = setInterval(
    () => say(`${program.name}: ${packages} packages, ${seconds()} s`),
    PROGRESS_MILLIS,
  );
  try {
    await go(
      ['build', '-v', '-p', '2', '-trimpath', '-ldflags', flags, '-o', unfinished, program.package],
      source,
      () => packages++,
    );
  } finally {
    clearInterval(timer);
  }
  await rename(unfinished, path);
  await writeFile(`${path}.built-from`, builtFrom);
  say(`${program.name} is built, ${seconds()} s`);
}

/** Runs the go command in a folder; gives what it writes on standard output. */
export async function go(
  commandArguments: string[],
  folder: string,
  onLine: (line: string) => void = () => {},
): Promise<string> {
  const child = spawn('go', commandArguments, {
    cwd: folder,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -mod=readonly', GOWORK: 'off' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const lastLines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastLines.push(line);
    if (lastLines.length > 20) lastLines.shift();
    onLine(line);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', () => reject(new Error('expected Go to be installed: no `go` on PATH')));
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`go ${commandArguments[0]} failed in ${folder}:\n${lastLines.join('\n')}`);
  return output;
}

/** Without symbols: five programs, each of which would be half as large again. */
function linkerFlags({ variables }: GoProgram): string {
  const values = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
  return ['-s', '-w', ...values].join(' ');
}

function fingerprint(source: string, ...rest: string[]): string {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum']) hash.update(readFileSync(join(source, name)));
  return hash.update(rest.join('\n')).digest('hex');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
