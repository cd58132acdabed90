import type { ContainerRuntimeClient } from 'testcontainers';
import { EnvironmentError } from '../environment-error.ts';
import type { Testcontainers } from './load-testcontainers.ts';

/** The library's own container that removes ours when this process is killed and cannot; none where the user wants none. */
export async function startCleaner(
  { getReaper }: Testcontainers,
  runtime: ContainerRuntimeClient,
): Promise<void> {
  try {
    await getReaper(runtime);
  } catch (error) {
    throw new EnvironmentError(
      `--engine container: the cleaner of testcontainers did not start: ${(error as Error).message.trim()}; TESTCONTAINERS_RYUK_DISABLED=true does without it`,
    );
  }
}
