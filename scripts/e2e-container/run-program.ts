import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a program that speaks for itself, to its end; its exit code. */
export function runProgram(
  program: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** What a program prints; throws what it says when it fails. */
export async function outputOf(
  program: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, words, { env: { ...process.env, ...environment } });
  return stdout.trim();
}
