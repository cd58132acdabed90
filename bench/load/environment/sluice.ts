import { type ChildProcess, spawn } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { startEnvoy } from './envoy.ts';
import { freePort } from './ports.ts';
import { stopProcess } from './stop-process.ts';
import { envoy, repository } from './tools.ts';

export const sluiceCommand = join(repository, 'bin/sluice');
/** From the sources, which a build may be older than. */
const sluiceSources = join(repository, 'host/src/cli/main.ts');

/** The command's environment: this Node first, and the Envoy this benchmark found. */
export const sluiceEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
  SLUICE_ENVOY: envoy.path,
});

export interface StartSluiceOptions {
  /** What the upstream speaks. Default `http1`. */
  upstreamProtocol?: 'http1' | 'h2c';
}

export interface StartedSluice {
  port: number;
  url: string;
  adminUrl: string;
  envoyProcessId: number;
  /** Envoy's own log. */
  logPath: string;
  /** Replaces the policy file as an editor does, by rename. */
  edit(policies: string): void;
  stop(): Promise<void>;
}

/** `sluice run` on a policy file of its own, in front of an upstream that answers at once, until it says `ready`. */
export async function startSluice(
  policies: string,
  workers: number,
  { upstreamProtocol = 'http1' }: StartSluiceOptions = {},
): Promise<StartedSluice> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-figures-'));
  const policyPath = join(folder, 'policies.yaml');
  writeFileSync(policyPath, policies);
  const upstream = await startEnvoy([], [{ name: 'upstream', domains: ['*'] }]);
  const [port, adminPort] = [await freePort(), await freePort()];
  const child = spawn(
    process.execPath,
    [
      ...[sluiceSources, 'run', '-f', policyPath, '--listen', `127.0.0.1:${port}`],
      ...['--admin', `127.0.0.1:${adminPort}`, '--concurrency', `${workers}`],
      ...['--upstream', upstreamProtocol === 'h2c' ? `h2c://${upstream.address}` : upstream.address],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: sluiceEnvironment() },
  );
  const stop = async () => {
    await stopProcess(child);
    await upstream.stop();
    rmSync(folder, { recursive: true });
  };
  try {
    await untilReady(child);
    const envoyProcessId = findEnvoyBelow(child.pid!);
    return {
      port,
      url: `http://127.0.0.1:${port}/`,
      adminUrl: `http://127.0.0.1:${adminPort}`,
      envoyProcessId,
      logPath: readlinkSync(`/proc/${envoyProcessId}/fd/2`),
      edit: (changed) => {
        writeFileSync(`${policyPath}.new`, changed);
        renameSync(`${policyPath}.new`, policyPath);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilReady(child: ChildProcess): Promise<void> {
  const errors: string[] = [];
  createInterface({ input: child.stderr! }).on('line', (line) => errors.push(line));
  const lines = createInterface({ input: child.stdout! });
  const ready = await new Promise<boolean>((resolve) => {
    lines.on('line', (line) => line.startsWith('ready ') && resolve(true));
    child.once('exit', () => resolve(false));
    child.once('error', (error) => {
      errors.push(error.message);
      resolve(false);
    });
  });
  if (!ready) {
    throw new Error(`Expected \`sluice run\` to become ready, got:\n${errors.slice(-20).join('\n')}`);
  }
}

function findEnvoyBelow(ancestor: number): number {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => readStatus(Number(name))),
  );
  const found = [...parents].find(([, { name, parent }]) => name === 'envoy' && isBelow(parent));
  if (found === undefined) {
    throw new Error('Expected `sluice run` to have started an Envoy, got none below its process');
  }
  return found[0];

  function isBelow(processId: number): boolean {
    const parent = parents.get(processId)?.parent;
    return processId === ancestor || (parent !== undefined && isBelow(parent));
  }
}

function readStatus(processId: number): [number, { name: string; parent: number }][] {
  try {
    const status = readFileSync(`/proc/${processId}/status`, 'utf8');
    const name = status.match(/^Name:\t(.*)$/m)![1]!;
    return [[processId, { name, parent: Number(status.match(/^PPid:\t(\d+)$/m)![1]) }]];
  } catch {
    // It ended while we were looking.
    return [];
  }
}
