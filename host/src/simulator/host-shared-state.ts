import { Result } from './abi.ts';
import type { HostFunctionTable } from './host-functions.ts';
import { activeContext, rootOf, type VirtualMachine } from './vm.ts';

/** Shared data and shared queues. */
export function createSharedStateFunctions(vm: VirtualMachine): HostFunctionTable {
  const { sharedData, queues, notifications, vmId } = vm.process;
  return {
    proxy_get_shared_data: (
      key: number,
      keySize: number,
      pointerOut: number,
      sizeOut: number,
      casOut: number,
    ) => {
      const name = vm.memory.readKey(key >>> 0, keySize >>> 0);
      if (name === undefined) return Result.invalidMemoryAccess;
      const datum = sharedData.get(name);
      if (datum === undefined) return Result.notFound;
      const { cas } = datum;
      const result = vm.memory.giveBytes(datum.value, pointerOut >>> 0, sizeOut >>> 0);
      if (result !== Result.ok) return result;
      return vm.memory.writeU32(casOut >>> 0, cas) ? Result.ok : Result.invalidMemoryAccess;
    },
    proxy_set_shared_data: (key: number, keySize: number, value: number, valueSize: number, cas: number) => {
      const name = vm.memory.readKey(key >>> 0, keySize >>> 0);
      const bytes = vm.memory.view(value >>> 0, valueSize >>> 0);
      if (name === undefined || bytes === undefined) return Result.invalidMemoryAccess;
      return sharedData.set(name, bytes, cas >>> 0);
    },
    proxy_register_shared_queue: (pointer: number, size: number, tokenOut: number) => {
      const name = vm.memory.readKey(pointer >>> 0, size >>> 0);
      if (name === undefined) return Result.invalidMemoryAccess;
      const rootContextId = rootOf(activeContext(vm))?.id ?? 0;
      const token = queues.register(name, { thread: vm.thread, rootContextId });
      return vm.memory.writeU32(tokenOut >>> 0, token) ? Result.ok : Result.invalidMemoryAccess;
    },
    proxy_resolve_shared_queue: (
      id: number,
      idSize: number,
      pointer: number,
      size: number,
      tokenOut: number,
    ) => {
      const queueVmId = vm.memory.readText(id >>> 0, idSize >>> 0);
      const name = vm.memory.readKey(pointer >>> 0, size >>> 0);
      if (queueVmId === undefined || name === undefined) return Result.invalidMemoryAccess;
      const token = queueVmId === '' || queueVmId === vmId ? queues.resolve(name) : 0;
      if (token === 0) return Result.notFound;
      return vm.memory.writeU32(tokenOut >>> 0, token) ? Result.ok : Result.invalidMemoryAccess;
    },
    proxy_enqueue_shared_queue: (token: number, pointer: number, size: number) => {
      const bytes = vm.memory.view(pointer >>> 0, size >>> 0);
      if (bytes === undefined) return Result.invalidMemoryAccess;
      const queue = queues.get(token >>> 0);
      if (queue === undefined) return Result.notFound;
      queue.items.push(bytes.slice());
      notifications.push({ registrant: queue.registrant, token: token >>> 0 });
      return Result.ok;
    },
    proxy_dequeue_shared_queue: (token: number, pointerOut: number, sizeOut: number) => {
      const queue = queues.get(token >>> 0);
      if (queue === undefined) return Result.notFound;
      const item = queue.items.shift();
      if (item === undefined) return Result.empty;
      return vm.memory.giveBytes(item, pointerOut >>> 0, sizeOut >>> 0);
    },
  };
}
