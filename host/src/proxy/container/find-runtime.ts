import type { ContainerRuntimeClient } from 'testcontainers';
import { EnvironmentError } from '../environment-error.ts';
import { describeSocket, socketAnswers } from './engine-socket.ts';
import type { Testcontainers } from './load-testcontainers.ts';

/** The Docker or Podman that answers; an error that says where it was looked for when none does. */
export async function findRuntime(
  { getContainerRuntimeClient }: Testcontainers,
  environment: NodeJS.ProcessEnv,
): Promise<ContainerRuntimeClient> {
  const host = environment.DOCKER_HOST;
  expectThisMachine(host);
  // The library would go on to another engine; who names one wants that one.
  const named = /^unix:\/\/(.*)$/.exec(host ?? '')?.[1];
  if (named !== undefined && !(await socketAnswers(named))) throw await noEngine(environment);
  try {
    return await getContainerRuntimeClient();
  } catch {
    throw await noEngine(environment);
  }
}

/** Files are mounted from this machine, so the engine must see its disks. */
function expectThisMachine(host: string | undefined): void {
  const [, name] = /^(?:tcp|https?):\/\/\[?([^/\]]*?)\]?(?::\d+)?\/?$/.exec(host ?? '') ?? [];
  if (name === undefined || /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(name)) return;
  throw new EnvironmentError(
    `--engine container: expected DOCKER_HOST to name an engine on this machine, whose files it mounts, got ${host}`,
  );
}

async function noEngine(environment: NodeJS.ProcessEnv): Promise<EnvironmentError> {
  const host = environment.DOCKER_HOST;
  const found = host === undefined ? await usualPlaces(environment) : [await hostState(host)];
  return new EnvironmentError(
    [
      '--engine container: expected a Docker or Podman that answers on its socket, found none:',
      ...found,
      'Start one, or name its socket with DOCKER_HOST=unix:///PATH. --engine local, the default, needs none.',
    ].join('\n  '),
  );
}

async function hostState(host: string): Promise<string> {
  const path = /^unix:\/\/(.*)$/.exec(host)?.[1];
  return `DOCKER_HOST is ${host}, which ${path === undefined ? 'does not answer' : await describeSocket(path)}`;
}

/** Where the library looks by itself, and where Podman listens, which it does not know. */
async function usualPlaces(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const ofUser = environment.XDG_RUNTIME_DIR ?? `/run/user/${process.getuid?.() ?? 0}`;
  const lines = ['DOCKER_HOST is not set'];
  for (const path of ['/var/run/docker.sock', `${ofUser}/docker.sock`]) {
    lines.push(`${path} ${await describeSocket(path)}`);
  }
  for (const path of [`${ofUser}/podman/podman.sock`, '/run/podman/podman.sock']) {
    if (await socketAnswers(path))
      lines.push(`${path} answers, and DOCKER_HOST=unix://${path} would name it`);
  }
  return lines;
}
