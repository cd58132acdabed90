import { setTimeout as wait } from 'node:timers/promises';

/** Asks again every few milliseconds until there is an answer; undefined when the deadline comes first. */
export async function poll<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  { withinMillis, everyMillis = 5 }: { withinMillis: number; everyMillis?: number },
): Promise<T | undefined> {
  const deadline = performance.now() + withinMillis;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= deadline) return undefined;
    await wait(everyMillis);
  }
}
