import { afterAll, afterEach, beforeAll } from 'vitest';
import { type IstioBed, type IstioBedOptions, startIstioBed } from './bed/istio-bed.ts';

/** A bed for all tests of a file. The ends of its logs are shown for each test that fails. */
export function useIstioBed(
  options: () => Promise<IstioBedOptions> | IstioBedOptions = () => ({}),
): () => IstioBed {
  let bed: IstioBed | undefined;
  beforeAll(async () => {
    bed = await startIstioBed(await options());
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(`${task.name}:\n${bed?.lastLines()}`);
  });
  afterAll(() => bed?.stop());
  return () => {
    if (bed === undefined) throw new Error('expected the bed to have started');
    return bed;
  };
}
