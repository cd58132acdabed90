import type { EnvoyEngine } from '../envoy-engine.ts';
import { envoyImage } from '../pinned-envoy.ts';
import { containerUser } from './container-user.ts';
import { EnvoyContainer } from './envoy-container.ts';
import { findRuntime } from './find-runtime.ts';
import { loadTestcontainers } from './load-testcontainers.ts';
import { provideImage } from './provide-image.ts';
import { startCleaner } from './start-cleaner.ts';

export interface FindContainerEngineOptions {
  /** Default: Envoy's own image of the version Sluice is tested with. */
  image?: string | undefined;
  /** Default `host`: listeners and upstreams are on this machine. */
  networkMode?: string | undefined;
  environment?: NodeJS.ProcessEnv;
  onProgress?: (line: string) => void;
}

/** Envoy in a container of the Docker or Podman that answers here, through the package testcontainers. */
export async function findContainerEngine(options: FindContainerEngineOptions = {}): Promise<EnvoyEngine> {
  const { image = envoyImage, networkMode = 'host', environment = process.env } = options;
  const testcontainers = await loadTestcontainers();
  const runtime = await findRuntime(testcontainers, environment);
  await provideImage(testcontainers, runtime, image, options.onProgress ?? (() => {}));
  await startCleaner(testcontainers, runtime);
  const settings = { image, networkMode, user: await containerUser(runtime) };
  return {
    version: undefined,
    start: (launch) => EnvoyContainer.start(testcontainers, runtime, settings, launch),
  };
}
