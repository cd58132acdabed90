import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { executableOnPath } from '../../../../host/src/proxy/find-envoy.ts';
import { poll } from '../../../../host/src/proxy/poll.ts';

/** One program of the bed, whose output goes to a file. */
export class BedProcess {
  readonly name: string;
  readonly logPath: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #hasEnded = false;

  private constructor(name: string, logPath: string, child: ChildProcess) {
    this.name = name;
    this.logPath = logPath;
    this.pid = child.pid!;
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => {
        this.#hasEnded = true;
        resolve();
      });
    });
  }

  static async start(
    command: string[],
    logPath: string,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<BedProcess> {
    const log = openSync(logPath, 'a');
    try {
      const [program, ...programArguments] = dyingWithUs(command);
      const child = spawn(program!, programArguments, {
        stdio: ['ignore', log, log],
        env: { ...process.env, ...environment },
        // A group of its own: Ctrl-C in a terminal goes to us, and we end it.
        detached: true,
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      return new BedProcess(basename(command[0]!), logPath, child);
    } finally {
      closeSync(log);
    }
  }

  get log(): string {
    return readFileSync(this.logPath, 'utf8');
  }

  lastLines(count = 25): string {
    return this.log
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-count)
      .map((line) => `  ${line.slice(0, 300)}`)
      .join('\n');
  }

  /** Waits until it is so; a process that ends meanwhile, or is too slow, is a failure that shows the end of its log. */
  async until<T>(
    statement: string,
    isSo: () => Promise<T | undefined> | T | undefined,
    withinMillis = 60_000,
  ): Promise<T> {
    const answer = await poll(
      async () => {
        if (this.#hasEnded) throw new Error(`${this.name} ended before ${statement}:\n${this.lastLines()}`);
        return isSo();
      },
      { withinMillis, everyMillis: 20 },
    );
    if (answer !== undefined) return answer;
    throw new Error(`expected ${statement} within ${withinMillis} ms; ${this.name}:\n${this.lastLines()}`);
  }

  /** Ends it, by force when it has not ended in time. */
  async end(withinMillis = 3000): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), withinMillis);
    await this.#exited;
    clearTimeout(force);
  }
}

/** Where util-linux is there, the kernel ends it when this process is killed and cannot do it itself. */
function dyingWithUs(command: string[]): string[] {
  const setpriv = executableOnPath('setpriv', process.env);
  return setpriv === undefined ? command : [setpriv, '--pdeathsig', 'TERM', ...command];
}
