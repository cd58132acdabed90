import { createBufferFunctions } from './host-buffers.ts';
import { createGeneralFunctions } from './host-general.ts';
import { createHeaderFunctions } from './host-headers.ts';
import { createMetricFunctions } from './host-metrics.ts';
import { createSharedStateFunctions } from './host-shared-state.ts';
import { createStreamFunctions } from './host-stream.ts';
import { allocatorCall } from './process.ts';
import { environmentImports, wasiImports } from './signatures.ts';
import { GuestTrap, Restriction, type VirtualMachine } from './vm.ts';
import { createWasiFunctions, wasiErrno } from './wasi.ts';

/** A function the module can import: numbers for i32, bigints for i64. */
// biome-ignore lint/suspicious/noExplicitAny: the types differ by function and are checked against the module.
export type HostFunction = (...values: any[]) => number | undefined;
export type HostFunctionTable = Record<string, HostFunction>;

/** Names of all countable host calls; a name's place is its column in the counters. */
export const hostFunctionNames: readonly string[] = [
  ...Object.keys(environmentImports),
  ...Object.keys(wasiImports),
  allocatorCall,
];
const indexOfName = new Map(hostFunctionNames.map((name, index) => [name, index]));

export function hostFunctionIndex(name: string): number {
  return indexOfName.get(name)!;
}

/** Calls that touch what threads share, before which another thread may run. */
const sharedCalls = new Set([
  'proxy_get_shared_data',
  'proxy_set_shared_data',
  'proxy_increment_metric',
  'proxy_record_metric',
  'proxy_get_metric',
  'proxy_enqueue_shared_queue',
  'proxy_dequeue_shared_queue',
]);

/** What the allocator may call while the host waits for memory (cpp-host `allocMemory`). */
const allowedToAllocator = new Set(['proxy_log', 'fd_write', 'clock_time_get', 'poll_oneoff']);
/** What `_initialize` may call of `env` (cpp-host `startVm`); of WASI nearly everything. */
const allowedToInitialize = new Set(['proxy_log', 'emscripten_notify_memory_growth']);
const refusedToInitialize = new Set([
  'sched_yield',
  'proc_exit',
  'path_open',
  'fd_read',
  'fd_seek',
  'fd_close',
]);

/** The imports of one VM, each counted, checked against what may run now, and raced. */
export function createHostFunctions(vm: VirtualMachine): WebAssembly.Imports {
  const environment = createGeneralFunctions(vm);
  Object.assign(
    environment,
    createHeaderFunctions(vm),
    createBufferFunctions(vm),
    createSharedStateFunctions(vm),
    createMetricFunctions(vm),
    createStreamFunctions(vm),
  );
  const wasi = createWasiFunctions(vm);
  const env: HostFunctionTable = {};
  for (const name of Object.keys(environmentImports)) {
    env[name] = guarded(vm, name, environment[name] ?? unimplemented, allowedToInitialize.has(name));
  }
  const preview1: HostFunctionTable = {};
  for (const name of Object.keys(wasiImports)) {
    preview1[name] = guarded(vm, name, wasi[name] ?? notSupported, !refusedToInitialize.has(name));
  }
  return { env, wasi_snapshot_preview1: preview1, wasi_unstable: preview1 } as WebAssembly.Imports;
}

/** HTTP and gRPC calls out of the proxy are not modelled. */
const unimplemented: HostFunction = () => 12;
const notSupported: HostFunction = () => wasiErrno.notSupported;

function guarded(
  vm: VirtualMachine,
  name: string,
  target: HostFunction,
  duringInitialize: boolean,
): HostFunction {
  const { counts, names } = vm.process.hostCalls;
  const width = names.length;
  const column = hostFunctionIndex(name);
  const duringAllocate = allowedToAllocator.has(name);
  const refuse = () => {
    const where = vm.restriction === Restriction.initialize ? '_initialize' : 'the allocator';
    throw new GuestTrap(`the host function ${name} was called in ${where}, where Envoy does not allow it`);
  };
  const enter = () => {
    if (vm.restriction !== Restriction.none) {
      const allowed = vm.restriction === Restriction.initialize ? duringInitialize : duringAllocate;
      if (!allowed) refuse();
    }
    const index = vm.callback * width + column;
    counts[index] = counts[index]! + 1;
  };
  if (sharedCalls.has(name)) {
    return (a, b, c, d, e) => {
      enter();
      vm.process.beforeSharedCall?.(vm, name);
      return target(a, b, c, d, e);
    };
  }
  switch (target.length) {
    case 0:
    case 1:
      return (a) => {
        enter();
        return target(a);
      };
    case 2:
    case 3:
      return (a, b, c) => {
        enter();
        return target(a, b, c);
      };
    case 4:
    case 5:
      return (a, b, c, d, e) => {
        enter();
        return target(a, b, c, d, e);
      };
    default:
      return (...values) => {
        enter();
        return target(...values);
      };
  }
}
