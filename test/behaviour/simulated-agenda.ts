import type { Simulator } from '../../host/src/simulator/index.ts';

export const NANOS_PER_MILLI = 1_000_000;
/** What a case waits for longer never comes. */
const LONGEST_MILLIS = 60_000;

/** What is to be done when, in virtual time. */
export interface Agenda {
  /** What comes at the same time is done in the order in which it was put down. */
  after(millis: number, run: () => void): void;
  /** Lets time pass, and does what is to be done, as long as an answer is missing. */
  runWhile(isMissing: () => boolean): void;
}

export function createAgenda(simulator: Simulator): Agenda {
  const items: { atNanos: bigint; run: () => void }[] = [];
  const inMillis = (millis: number) => simulator.now() + BigInt(Math.round(millis * NANOS_PER_MILLI));
  return {
    after(millis, run) {
      items.push({ atNanos: inMillis(millis), run });
      items.sort((left, right) => Number(left.atNanos - right.atNanos));
    },
    runWhile(isMissing) {
      const lastNanos = inMillis(LONGEST_MILLIS);
      while (isMissing()) {
        const tickNanos = simulator.nextTickNanos();
        const next = items[0];
        if (next !== undefined && (tickNanos === undefined || next.atNanos <= tickNanos)) {
          items.shift();
          simulator.runUntil(next.atNanos);
          next.run();
        } else if (tickNanos !== undefined && tickNanos < lastNanos) {
          simulator.runUntil(tickNanos);
        } else {
          throw new Error(`expected an answer to every request within ${LONGEST_MILLIS} ms`);
        }
      }
    },
  };
}
