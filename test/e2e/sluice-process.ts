import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const command = join(import.meta.dirname, '../../bin/sluice');

/** A running `sluice`, whose output can be waited for. */
export class SluiceProcess {
  stdout = '';
  stderr = '';
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcessWithoutNullStreams;
  #lookAgain = () => {};

  constructor(commandArguments: string[], environment: NodeJS.ProcessEnv = {}) {
    // This Node, whatever is on PATH.
    this.#child = spawn(process.execPath, [command, ...commandArguments], {
      env: { ...process.env, NO_COLOR: '1', ...environment },
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#child[stream].setEncoding('utf8').on('data', (text: string) => {
        this[stream] += text;
        this.#lookAgain();
      });
    }
    this.exited = new Promise((resolve) => this.#child.once('close', resolve));
    void this.exited.then(() => this.#lookAgain());
    // Also when the test has timed out, and never comes to the end of its block.
    onTestFinished(() => this[Symbol.asyncDispose]());
  }

  static run(commandArguments: string[], input: string, environment: NodeJS.ProcessEnv = {}): SluiceProcess {
    const sluice = new SluiceProcess(commandArguments, environment);
    sluice.#child.stdin.end(input);
    return sluice;
  }

  /** The first match in what was written from a position on. */
  async output(stream: 'stdout' | 'stderr', pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[stream].slice(from));
      if (match !== null) return match;
      if (this.#child.exitCode !== null) {
        throw new Error(`Expected ${pattern} on ${stream}, but sluice ended:\n${this.stdout}${this.stderr}`);
      }
      await new Promise<void>((look) => {
        this.#lookAgain = look;
      });
    }
  }

  /** Waits for `ready` and gives the address it names. */
  async ready(): Promise<string> {
    return (await this.output('stdout', /^ready (http:\/\/\S+)\n/m))[1]!;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGTERM');
    await this.exited;
  }
}
