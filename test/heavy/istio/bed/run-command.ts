import { spawn } from 'node:child_process';
import { basename } from 'node:path';

export interface CommandOptions {
  input?: string;
  environment?: NodeJS.ProcessEnv;
  folder?: string;
  /** Default 60 s; it is ended then. */
  withinMillis?: number;
}

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, whatever that is. */
export function tryCommand(command: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program, ...programArguments] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program!, programArguments, {
      env: { ...process.env, ...options.environment },
      timeout: options.withinMillis ?? 60_000,
      ...(options.folder !== undefined && { cwd: options.folder }),
    });
    const result = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => (result[stream] += text));
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...result }));
    // A program that needs no input may have ended before it was written.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** Runs a program that is expected to succeed; gives its standard output. */
export async function runCommand(command: string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(command, options);
  if (code === 0) return stdout;
  throw new Error(
    `${basename(command[0]!)} ${command.slice(1).join(' ')} ended with ${code}:\n${stderr}${stdout}`,
  );
}
