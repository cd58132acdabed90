import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Runs a program that speaks for itself, to its end, and gives its exit code. Signals to this process are passed on. */
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
    const passOn = (signal: NodeJS.Signals) => void child.kill(signal);
    for (const signal of signals) process.on(signal, passOn);
    child.once('error', reject);
    child.once('exit', (code) => {
      for (const signal of signals) process.off(signal, passOn);
      resolve(code ?? 1);
    });
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
