import { executableOnPath } from '../../host/src/proxy/find-envoy.ts';
import { runProgram } from './run-program.ts';

const packages = ['podman', 'runc'];

/** From Debian, where they are missing. */
export async function installPodman(say: (line: string) => void): Promise<void> {
  const missing = packages.filter((name) => executableOnPath(name, process.env) === undefined);
  if (missing.length === 0) return;
  if (executableOnPath('apt-get', process.env) === undefined || process.getuid?.() !== 0) {
    throw new Error(
      `Expected ${missing.join(' and ')} on PATH, or to be root on Debian to install them; or name a running engine with DOCKER_HOST=unix:///PATH`,
    );
  }
  say(`installing ${missing.join(' and ')}`);
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  const steps = [['update'], ['install', '--yes', '--no-install-recommends', ...missing]];
  for (const step of steps) {
    const code = await runProgram('apt-get', ['-qq', '-o', 'Dpkg::Use-Pty=0', ...step], quiet);
    if (code !== 0)
      throw new Error(`Expected \`apt-get ${step.join(' ')}\` to succeed, got exit code ${code}`);
  }
}
