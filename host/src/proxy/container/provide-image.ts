import type { ContainerRuntimeClient } from 'testcontainers';
import { EnvironmentError } from '../environment-error.ts';
import type { Testcontainers } from './load-testcontainers.ts';

/** Sees to it that the engine has the image, and says so when that takes time. */
export async function provideImage(
  { ImageName }: Testcontainers,
  runtime: ContainerRuntimeClient,
  image: string,
  onProgress: (line: string) => void,
): Promise<void> {
  const name = ImageName.fromString(image);
  if (await runtime.image.exists(name)) return;
  onProgress(`pulling ${image}`);
  const failure = await runtime.image.pull(name).then(
    () => undefined,
    (error: Error) => error.message,
  );
  // The library takes the end of a pull for its success.
  if (failure === undefined && (await runtime.image.exists(name))) return;
  throw new EnvironmentError(
    `--engine container: expected the image ${image}, but the engine has none and could not pull it${failure === undefined ? '' : ` (${failure})`}; --image names another`,
  );
}
