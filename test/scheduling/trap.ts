import type { Simulator } from '../../host/src/simulator/index.ts';

/** Makes a worker's VM trap at the next of its calls on shared data; what it was about to do is not done. */
export function trapAt(simulator: Simulator, worker: number, skippedCalls = 0): void {
  let calls = 0;
  simulator.beforeSharedCall((at, call) => {
    if (at !== worker || !call.includes('shared_data') || calls++ < skippedCalls) return;
    simulator.beforeSharedCall(undefined);
    throw new WebAssembly.RuntimeError('unreachable');
  });
}
