import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EnvoyFiles, printFile, watchedFiles } from '../envoy/files.ts';
import type { SocketAddress } from '../envoy/options.ts';
import { longestWaitNanos } from '../plan/longest-wait.ts';
import { drainEnvoy } from './drain-envoy.ts';
import type { EnvoyEngine, EnvoyExit, EnvoyLaunch, RunningEnvoy } from './envoy-engine.ts';
import { localEngine } from './local-engine.ts';
import type { Verdict } from './replace-file.ts';
import { type Serving, untilServing } from './until-serving.ts';
import { updateEnvoy } from './update-envoy.ts';
import { verifyModule } from './verify-module.ts';
import { XdsDirectory } from './xds-directory.ts';

/** The program to run as a process of this machine, or what else Envoy runs on. */
export type EnvoyPlace =
  | { envoyPath: string; engine?: undefined }
  | { engine: EnvoyEngine; envoyPath?: undefined };

export type StartEnvoyOptions = EnvoyPlace & EnvoyLife;

export interface EnvoyLife {
  modulePath: string;
  /** The files to begin with, for Envoy to watch in this folder. */
  translate: (xdsDirectory: string) => EnvoyFiles;
  /** The file these files name for the access log, if they do: a container must be given it. */
  accessLog?: string;
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
  /** Where a person finds it: `/usr/bin/envoy, process 12`. */
  readonly place: string;
  /** What its admin says, `1.40.0`. */
  readonly version: string;
  /** Absent in a container. */
  readonly pid: number | undefined;
  readonly listenAddress: SocketAddress;
  readonly listenLocalAddress: SocketAddress | undefined;
  readonly adminAddress: SocketAddress;
  readonly xdsDirectory: string;
  readonly logPath: string;
  /** Settles when Envoy has ended, for whatever reason. */
  readonly exited: Promise<EnvoyExit>;
  /** The end of its log. */
  lastLines(): string[];
  /** All or nothing; updates that overlap are done one after the other. */
  update(files: EnvoyFiles): Promise<Verdict>;
  /** Ends it at once, whatever its requests do; `stop` still has to clean up. */
  terminate(): void;
  /** Drains, ends Envoy and removes its folder. */
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
  const engine = options.engine ?? localEngine(options.envoyPath);
  const launch: EnvoyLaunch = {
    folder,
    logPath: join(folder, 'envoy.log'),
    modulePath: options.modulePath,
    accessLog: options.accessLog,
    envoyArguments: [
      ...['--config-path', bootstrapPath],
      ...['--admin-address-path', adminAddressPath],
      // Several Envoys on one machine, and nothing left in /dev/shm by any of them.
      '--disable-hot-restart',
      ...['--log-level', options.logLevel ?? 'warning'],
      ...(options.concurrency === undefined ? [] : ['--concurrency', `${options.concurrency}`]),
    ],
  };
  const envoy = await engine.start(launch).catch(async (error) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  try {
    const serving = await untilServing(envoy, adminAddressPath, files, options.startWithinMillis ?? 30_000);
    return started(envoy, serving, directory, folder, files, options);
  } catch (error) {
    await envoy.end(2000);
    throw error;
  }
}

function started(
  envoy: RunningEnvoy,
  { admin, version, listeners }: Serving,
  directory: XdsDirectory,
  folder: string,
  files: EnvoyFiles,
  { updateWithinMillis = 10_000, drainWithinMillis }: EnvoyLife,
): StartedEnvoy {
  let current = files;
  let last: Promise<unknown> = Promise.resolve();
  const context = {
    directory,
    admin,
    log: envoy.log,
    withinMillis: updateWithinMillis,
    reasons: new Map(),
  };
  return {
    place: envoy.place,
    version,
    pid: envoy.processId,
    listenAddress: listeners.get('ingress')!,
    listenLocalAddress: listeners.get('local'),
    adminAddress: admin.address,
    xdsDirectory: directory.path,
    logPath: envoy.log.path,
    exited: envoy.exited,
    lastLines: () => envoy.log.lastLines(),
    update(next) {
      const done = last.then(async () => {
        const verdict = await updateEnvoy(current, next, context);
        if (verdict.accepted) current = next;
        return verdict;
      });
      last = done.catch(() => {});
      return done;
    },
    terminate: () => envoy.terminate(),
    async stop() {
      if (envoy.exit === undefined)
        await drainEnvoy(admin, drainWithinMillis ?? drainMillis(current)).catch(() => {});
      await envoy.end(3000);
      admin.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Held requests end by themselves; the rest of the world waits for the end of the process, so not for ever. */
function drainMillis({ plugin }: EnvoyFiles): number {
  return Math.min(Math.max(5_000, longestWaitNanos(plugin) / 1_000_000 + 1_000), 60_000);
}
