import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopProcess } from '../../bench/load/environment/stop-process.ts';
import { socketAnswers } from '../../host/src/proxy/container/engine-socket.ts';
import { poll } from '../../host/src/proxy/poll.ts';
import { importEnvoyImage } from './envoy-image.ts';
import { installPodman } from './install-podman.ts';
import { writePodmanSettings } from './podman-settings.ts';
import { outputOf } from './run-program.ts';

export interface StartedPodman {
  /** What leads programs to it. */
  environment: NodeJS.ProcessEnv;
  /** Ends it and removes all it has; gives the containers that somebody left. */
  stop(): Promise<string[]>;
}

/** A Podman with Envoy's image that answers on a socket of its own. */
export async function startPodman(say: (line: string) => void): Promise<StartedPodman> {
  await installPodman(say);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-podman-'));
  try {
    const settings = await writePodmanSettings(folder);
    await importEnvoyImage(folder, settings, say);
    return await startService(folder, settings, say);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startService(
  folder: string,
  settings: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<StartedPodman> {
  const socket = join(folder, 'podman.sock');
  const service = spawn('podman', ['system', 'service', '--time=0', `unix://${socket}`], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
    // Ctrl-C is for the tests: they need it until their containers are gone.
    detached: true,
  });
  const answers = await poll(async () => ((await socketAnswers(socket)) ? true : undefined), {
    withinMillis: 20_000,
    everyMillis: 50,
  });
  if (answers === undefined) {
    await stopProcess(service);
    throw new Error('Expected `podman system service` to answer within 20 s');
  }
  say(`Podman answers (process ${service.pid})`);
  return {
    // The image of testcontainers' own cleaner cannot be pulled where Envoy's cannot.
    environment: { ...settings, DOCKER_HOST: `unix://${socket}`, TESTCONTAINERS_RYUK_DISABLED: 'true' },
    async stop() {
      const left = (await outputOf('podman', ['ps', '--all', '--format', '{{.Names}}'], settings))
        .split('\n')
        .filter((name) => name !== '');
      if (left.length > 0) await outputOf('podman', ['rm', '--force', ...left], settings);
      await stopProcess(service);
      await rm(folder, { recursive: true, force: true });
      return left;
    },
  };
}
