import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EnvoyFiles, printFile, watchedFiles, type XdsFile } from '../envoy/files.ts';
import type { SocketAddress } from '../envoy/options.ts';
import { longestWaitNanos } from '../plan/longest-wait.ts';
import { AdminClient } from './admin-client.ts';
import { drainEnvoy } from './drain-envoy.ts';
import { EnvironmentError } from './environment-error.ts';
import { type EnvoyExit, EnvoyProcess } from './envoy-process.ts';
import { poll } from './poll.ts';
import { type Verdict, versionInForce } from './replace-file.ts';
import { parseSocketAddress } from './socket-address.ts';
import { updateEnvoy } from './update-envoy.ts';
import { verifyModule } from './verify-module.ts';
import { XdsDirectory } from './xds-directory.ts';

export interface StartEnvoyOptions {
  envoyPath: string;
  modulePath: string;
  /** The files to begin with, for Envoy to watch in this folder. */
  translate: (xdsDirectory: string) => EnvoyFiles;
  /** Worker threads. Default: one for each hardware thread, Envoy's own default. */
  concurrency?: number | undefined;
  /** Level of Envoy's log file. Default `warning`; reasons for a refusal are not seen below it. */
  logLevel?: 'trace' | 'debug' | 'info' | 'warning';
  /** Default 30 s. */
  startWithinMillis?: number;
  /** How long Envoy may take over each file of an update. Default 10 s. */
  updateWithinMillis?: number;
  /**
   * How long requests that have begun may take at the end. Default: 5 s, or a second more than a request may be held, but
   * at most a minute.
   */
  drainWithinMillis?: number;
}

/** An Envoy that serves. */
export interface StartedEnvoy {
  readonly pid: number;
  readonly listenAddress: SocketAddress;
  readonly listenLocalAddress: SocketAddress | undefined;
  readonly adminAddress: SocketAddress;
  readonly xdsDirectory: string;
  readonly logPath: string;
  /** Settles when the process has ended, for whatever reason. */
  readonly exited: Promise<EnvoyExit>;
  /** The end of its log. */
  lastLines(): string[];
  /** All or nothing; updates that overlap are done one after the other. */
  update(files: EnvoyFiles): Promise<Verdict>;
  /** Drains, ends the process and removes its folder. */
  stop(): Promise<void>;
}

export async function startEnvoy(options: StartEnvoyOptions): Promise<StartedEnvoy> {
  verifyModule(options.modulePath);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-'));
  const directory = await XdsDirectory.create(join(folder, 'xds'));
  const files = options.translate(directory.path);
  for (const file of watchedFiles(files)) await directory.replace(file);
  const bootstrapPath = join(folder, 'bootstrap.json');
  await writeFile(bootstrapPath, printFile(files.bootstrap));
  const adminAddressPath = join(folder, 'admin-address');
  const process = await EnvoyProcess.spawn(
    options.envoyPath,
    [
      ...['--config-path', bootstrapPath],
      ...['--admin-address-path', adminAddressPath],
      // Several Envoys on one machine, and nothing left in /dev/shm by any of them.
      '--disable-hot-restart',
      ...['--log-level', options.logLevel ?? 'warning'],
      ...(options.concurrency === undefined ? [] : ['--concurrency', `${options.concurrency}`]),
    ],
    join(folder, 'envoy.log'),
  );
  try {
    const { admin, listeners } = await untilServing(process, adminAddressPath, files, options);
    return started(process, admin, listeners, directory, folder, files, options);
  } catch (error) {
    await process.end(2000);
    throw error;
  }
}

/** Envoy says it serves, has taken all files, and accepts a connection. */
async function untilServing(
  process: EnvoyProcess,
  adminAddressPath: string,
  files: EnvoyFiles,
  { startWithinMillis = 30_000 }: StartEnvoyOptions,
): Promise<{ admin: AdminClient; listeners: Map<string, SocketAddress> }> {
  let admin: AdminClient | undefined;
  const listeners = await poll(
    async () => {
      if (process.exit !== undefined) throw notServing(process, 'Envoy ended before it served');
      admin ??= await adminClient(adminAddressPath);
      if (admin === undefined || !(await admin.isServing().catch(() => false))) return undefined;
      const bound = await admin.listeners();
      const open = await Promise.all([...bound.values()].map(acceptsConnections));
      return bound.size > 0 && open.every((each) => each) ? bound : undefined;
    },
    { withinMillis: startWithinMillis, everyMillis: 10 },
  );
  if (admin === undefined || listeners === undefined) {
    throw notServing(process, `Envoy did not serve within ${startWithinMillis} ms`);
  }
  for (const file of watchedFiles(files)) {
    await expectInForce(file, process, admin);
  }
  return { admin, listeners };
}

async function adminClient(adminAddressPath: string): Promise<AdminClient | undefined> {
  const text = await readFile(adminAddressPath, 'utf8').catch(() => '');
  const address = parseSocketAddress(text.trim());
  return address === undefined ? undefined : new AdminClient(connectable(address));
}

/** Envoy serves even when it has refused the filter or the routes, and then answers every request with an error. */
async function expectInForce(file: XdsFile, process: EnvoyProcess, admin: AdminClient): Promise<void> {
  if ((await versionInForce(file.name, admin)) === file.version) return;
  const problems = process.log.problemsSince(0).join('; ');
  throw notServing(process, `Envoy refused ${file.name}${problems === '' ? '' : `: ${problems}`}`);
}

function notServing(process: EnvoyProcess, statement: string): EnvironmentError {
  const lines = process.log.lastLines().map((line) => `\n  ${line}`);
  return new EnvironmentError(`${statement}; the end of its log (${process.log.path}):${lines.join('')}`);
}

function acceptsConnections(address: SocketAddress): Promise<boolean> {
  const { host, port } = connectable(address);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** What is bound on all addresses is reached on the loopback. */
export function connectable({ host, port }: SocketAddress): SocketAddress {
  const loopback: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  return { host: loopback[host] ?? host, port };
}

function started(
  process: EnvoyProcess,
  admin: AdminClient,
  listeners: Map<string, SocketAddress>,
  directory: XdsDirectory,
  folder: string,
  files: EnvoyFiles,
  { updateWithinMillis = 10_000, drainWithinMillis }: StartEnvoyOptions,
): StartedEnvoy {
  let current = files;
  let last: Promise<unknown> = Promise.resolve();
  const context = {
    directory,
    admin,
    log: process.log,
    withinMillis: updateWithinMillis,
    reasons: new Map(),
  };
  return {
    pid: process.pid,
    listenAddress: listeners.get('ingress')!,
    listenLocalAddress: listeners.get('local'),
    adminAddress: admin.address,
    xdsDirectory: directory.path,
    logPath: process.log.path,
    exited: process.exited,
    lastLines: () => process.log.lastLines(),
    update(next) {
      const done = last.then(async () => {
        const verdict = await updateEnvoy(current, next, context);
        if (verdict.accepted) current = next;
        return verdict;
      });
      last = done.catch(() => {});
      return done;
    },
    async stop() {
      if (process.exit === undefined)
        await drainEnvoy(admin, drainWithinMillis ?? drainMillis(current)).catch(() => {});
      await process.end(3000);
      admin.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Held requests end by themselves; the rest of the world waits for the end of the process, so not for ever. */
function drainMillis({ plugin }: EnvoyFiles): number {
  return Math.min(Math.max(5_000, longestWaitNanos(plugin) / 1_000_000 + 1_000), 60_000);
}
