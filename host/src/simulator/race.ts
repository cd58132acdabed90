import type { ProxyProcess } from './process.ts';
import { createRandom } from './random.ts';
import type { VirtualMachine } from './vm.ts';

/** Something that happens on one thread and that others may run into. */
export interface RaceStep {
  /** 0 is the main thread. */
  thread: number;
  run: () => void;
}

/**
 * Runs steps as threads of a real process would interleave: whenever a guest is about to touch what threads share,
 * steps of other, idle threads may run first, to completion, and they may be interrupted in the same way. A thread in
 * the middle of a callback is never entered again, and steps of one thread keep their order. The same seed gives the
 * same interleaving.
 *
 * A real thread can also stop half-way while another goes on; here the one that came later always finishes first. For
 * compare-and-set loops that is the hard case: the value changes between every read and its write.
 *
 * @param chance of another step at each point, 0…1
 */
export function runRace(
  process: ProxyProcess,
  steps: readonly RaceStep[],
  seed: number,
  chance: number,
): void {
  const random = createRandom(seed);
  const pending = [...steps];
  const busy = new Set<number>();
  const outer = process.beforeSharedCall;

  const takeOne = (): RaceStep | undefined => {
    const first = new Map<number, number>();
    pending.forEach((step, index) => {
      if (!busy.has(step.thread) && !first.has(step.thread)) first.set(step.thread, index);
    });
    if (first.size === 0) return undefined;
    const index = [...first.values()][random.below(first.size)]!;
    return pending.splice(index, 1)[0];
  };
  const runOne = (step: RaceStep) => {
    busy.add(step.thread);
    try {
      step.run();
    } finally {
      busy.delete(step.thread);
    }
  };

  process.beforeSharedCall = (vm: VirtualMachine, call: string) => {
    outer?.(vm, call);
    while (pending.length > 0 && random.below(1_000_000) < chance * 1_000_000) {
      const step = takeOne();
      if (step === undefined) return;
      runOne(step);
    }
  };
  try {
    for (let step = takeOne(); step !== undefined; step = takeOne()) runOne(step);
  } finally {
    process.beforeSharedCall = outer;
  }
}
