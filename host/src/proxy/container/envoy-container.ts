import { basename } from 'node:path';
import type { ContainerRuntimeClient } from 'testcontainers';
import { EnvironmentError } from '../environment-error.ts';
import type { EnvoyExit, EnvoyLaunch, RunningEnvoy } from '../envoy-engine.ts';
import { EnvoyLog } from '../envoy-log.ts';
import { exitOf } from './container-exit.ts';
import { followOutput } from './follow-output.ts';
import type { Testcontainers } from './load-testcontainers.ts';
import { mountsFor } from './mounts.ts';

/** The same in the image with a shell and in the distroless one. */
const program = '/usr/local/bin/envoy';

export interface ContainerSettings {
  image: string;
  /** `UID:GID` that Envoy runs as. */
  user: string;
  networkMode: string;
}

type Handle = ReturnType<ContainerRuntimeClient['container']['getById']>;

/** Envoy in a container. */
export class EnvoyContainer implements RunningEnvoy {
  readonly place: string;
  readonly processId = undefined;
  readonly log: EnvoyLog;
  readonly exited: Promise<EnvoyExit>;
  readonly whenUnreachable =
    "the container does not share this machine's network. Host networking is needed: Docker Desktop has it under Settings, Resources, Network; --engine local needs none";
  readonly #handle: Handle;
  exit: EnvoyExit | undefined;

  private constructor(handle: Handle, place: string, log: EnvoyLog, outputEnded: Promise<void>) {
    this.#handle = handle;
    this.place = place;
    this.log = log;
    this.exited = this.#untilEnded(outputEnded);
  }

  static async start(
    { GenericContainer, Wait }: Testcontainers,
    runtime: ContainerRuntimeClient,
    { image, user, networkMode }: ContainerSettings,
    launch: EnvoyLaunch,
  ): Promise<EnvoyContainer> {
    let handle: Handle | undefined;
    let output = { ended: Promise.resolve() };
    class Container extends GenericContainer {
      /** Before it starts, so that nothing it writes is lost. */
      protected override async containerCreated(id: string): Promise<void> {
        handle = runtime.container.getById(id);
        output = await followOutput(handle, launch.logPath);
      }
    }
    const name = basename(launch.folder);
    const container = new Container(image)
      .withName(name)
      .withEntrypoint([program])
      .withCommand(launch.envoyArguments)
      .withUser(user)
      .withNetworkMode(networkMode)
      .withBindMounts(mountsFor(launch))
      // Where SELinux rules, mounted files keep their labels this way.
      .withSecurityOpt('label=disable')
      // No ports are published, so this waits for none: whether Envoy serves is asked through its admin.
      .withWaitStrategy(Wait.forListeningPorts());
    try {
      await container.start();
    } catch (error) {
      if (handle !== undefined) await remove(handle);
      throw new EnvironmentError(`Envoy could not be started in a container: ${(error as Error).message}`);
    }
    return new EnvoyContainer(
      handle!,
      `${image}, container ${name}`,
      new EnvoyLog(launch.logPath),
      output.ended,
    );
  }

  terminate(): void {
    // It may have ended in this moment.
    void this.#handle.kill({ signal: 'SIGTERM' }).catch(() => {});
  }

  async end(withinMillis: number): Promise<void> {
    if (this.exit === undefined) {
      await this.#handle.stop({ t: Math.ceil(withinMillis / 1000) }).catch(() => {});
    }
    await remove(this.#handle);
  }

  async #untilEnded(outputEnded: Promise<void>): Promise<EnvoyExit> {
    const exit = await this.#handle.wait().then(
      ({ StatusCode }: { StatusCode: number }) => exitOf(StatusCode),
      // The engine itself has ended, or somebody has removed the container.
      () => ({ code: null, signal: null }),
    );
    await outputEnded;
    this.exit = exit;
    return exit;
  }
}

/** By force, so that it ends too. Who finds it gone already is content. */
async function remove(handle: Handle): Promise<void> {
  try {
    await handle.remove({ force: true, v: true });
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return;
    throw new EnvironmentError(
      `the container ${handle.id} could not be removed: ${(error as Error).message}`,
    );
  }
}
