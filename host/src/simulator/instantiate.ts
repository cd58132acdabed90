import { abiVersionExport, allocatorExports, callbackNames } from './abi.ts';
import type { Context } from './context.ts';
import { createHostFunctions, hostFunctionIndex } from './host-functions.ts';
import { createGuestMemory, type GuestMemory } from './memory.ts';
import { allocatorCall, type ProxyProcess } from './process.ts';
import {
  callbackIndex,
  type GuestFunction,
  GuestTrap,
  invoke,
  Restriction,
  type VirtualMachine,
  vmContext,
} from './vm.ts';

/** Creates an instance and runs `_initialize`; a trap in it is left in `failure`. */
export function createVirtualMachine(
  process: ProxyProcess,
  module: WebAssembly.Module,
  thread: number,
  name: string,
): VirtualMachine {
  const vm: VirtualMachine = {
    process,
    thread,
    name,
    memory: undefined as unknown as GuestMemory,
    callbacks: [],
    contexts: new Map<number, Context>([[0, vmContext]]),
    nextContextId: 1,
    current: vmContext,
    effectiveContextId: 0,
    callback: 0,
    depth: 0,
    stopIteration: false,
    afterCallActions: [],
    timers: new Map(),
    metrics: [],
    restriction: Restriction.none,
    failure: undefined,
  };
  const instance = new WebAssembly.Instance(module, createHostFunctions(vm));
  const { exports } = instance;
  if (typeof exports[abiVersionExport] !== 'function')
    throw new GuestTrap(`missing export ${abiVersionExport}`);
  const allocator = allocatorExports
    .map((export_) => exports[export_])
    .find((value) => typeof value === 'function');
  if (allocator === undefined) throw new GuestTrap('missing export proxy_on_memory_allocate or malloc');
  vm.memory = createGuestMemory(
    exports.memory as WebAssembly.Memory,
    createAllocate(vm, allocator as GuestFunction),
  );
  for (const callback of callbackNames) {
    const guest = exports[callback];
    vm.callbacks.push(typeof guest === 'function' ? (guest as GuestFunction) : undefined);
  }
  vm.restriction = Restriction.initialize;
  invoke(vm, callbackIndex('_initialize'), vmContext);
  vm.restriction = Restriction.none;
  return vm;
}

/** Asks the module for memory. It runs under the VM context and may only log and read the clock meanwhile. */
function createAllocate(vm: VirtualMachine, allocator: GuestFunction): (size: number) => number {
  const { counts, names } = vm.process.hostCalls;
  const column = hostFunctionIndex(allocatorCall);
  return (size) => {
    const { current, effectiveContextId, restriction } = vm;
    counts[vm.callback * names.length + column]!++;
    vm.current = vmContext;
    vm.effectiveContextId = 0;
    vm.restriction = Restriction.allocate;
    try {
      return (allocator(size) ?? 0) >>> 0;
    } finally {
      vm.current = current;
      vm.effectiveContextId = effectiveContextId;
      vm.restriction = restriction;
    }
  };
}
