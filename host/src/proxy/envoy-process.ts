import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { EnvironmentError } from './environment-error.ts';
import type { EnvoyExit, RunningEnvoy } from './envoy-engine.ts';
import { EnvoyLog } from './envoy-log.ts';
import { executableOnPath } from './find-envoy.ts';

/** Envoy as a process of this machine. */
export class EnvoyProcess implements RunningEnvoy {
  readonly place: string;
  readonly processId: number;
  readonly log: EnvoyLog;
  readonly exited: Promise<EnvoyExit>;
  readonly #child: ChildProcess;
  exit: EnvoyExit | undefined;

  private constructor(envoyPath: string, child: ChildProcess, log: EnvoyLog) {
    this.processId = child.pid!;
    this.place = `${envoyPath}, process ${this.processId}`;
    this.log = log;
    this.#child = child;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
  }

  static async spawn(envoyPath: string, envoyArguments: string[], logPath: string): Promise<EnvoyProcess> {
    const log = openSync(logPath, 'a');
    try {
      const [command, ...commandArguments] = dyingWithUs([envoyPath, ...envoyArguments]);
      const child = spawn(command!, commandArguments, {
        stdio: ['ignore', 'inherit', log],
        // A group of its own: Ctrl-C in a terminal goes to us, and we drain Envoy before it ends.
        detached: true,
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', (error) =>
          reject(new EnvironmentError(`cannot run ${envoyPath}: ${error.message}`)),
        );
      });
      return new EnvoyProcess(envoyPath, child, new EnvoyLog(logPath));
    } finally {
      closeSync(log);
    }
  }

  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  async end(withinMillis: number): Promise<void> {
    if (this.exit !== undefined) return;
    this.terminate();
    const force = setTimeout(() => this.#child.kill('SIGKILL'), withinMillis);
    await this.exited;
    clearTimeout(force);
  }
}

/** Where util-linux is there, the kernel ends Envoy when this process is killed and cannot do it itself. */
function dyingWithUs(command: string[]): string[] {
  const setpriv = process.platform === 'linux' ? executableOnPath('setpriv', process.env) : undefined;
  return setpriv === undefined ? command : [setpriv, '--pdeathsig', 'TERM', ...command];
}
