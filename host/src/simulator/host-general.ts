import { LogLevel, Result } from './abi.ts';
import type { HostFunctionTable } from './host-functions.ts';
import { keepLog } from './process.ts';
import { getProperty } from './properties.ts';
import { finishRoot } from './root.ts';
import { activeContext, rootOf, type VirtualMachine } from './vm.ts';

const nanosPerMilli = 1_000_000n;
const nothing = new Uint8Array(0);

/** Log, clock, tick, properties, effective context, foreign functions. */
export function createGeneralFunctions(vm: VirtualMachine): HostFunctionTable {
  const { process } = vm;
  return {
    pthread_equal: (left: number, right: number) => (left === right ? 1 : 0),
    emscripten_notify_memory_growth: (_index: number) => undefined,
    proxy_log: (level: number, pointer: number, size: number) => {
      if (level >>> 0 > LogLevel.critical) return Result.badArgument;
      const message = vm.memory.readText(pointer >>> 0, size >>> 0);
      if (message === undefined) return Result.invalidMemoryAccess;
      keepLog(process, vm.name, level, message);
      return Result.ok;
    },
    proxy_get_log_level: (out: number) => stored(vm.memory.writeU32(out >>> 0, process.logLevel)),
    proxy_get_status: (codeOut: number, pointerOut: number, sizeOut: number) =>
      vm.memory.writeU32(codeOut >>> 0, 0)
        ? vm.memory.giveBytes(nothing, pointerOut >>> 0, sizeOut >>> 0)
        : Result.invalidMemoryAccess,
    proxy_get_current_time_nanoseconds: (out: number) =>
      stored(vm.memory.writeU64(out >>> 0, process.clock.realtime())),
    proxy_set_tick_period_milliseconds: (periodMillis: number) => {
      const root = rootOf(activeContext(vm));
      if (root === undefined) return Result.ok;
      const periodNanos = BigInt(periodMillis >>> 0) * nanosPerMilli;
      const dueNanos = periodNanos > 0n ? process.clock.now() + periodNanos : undefined;
      const timer = vm.timers.get(root.id);
      if (timer === undefined) vm.timers.set(root.id, { periodNanos, dueNanos });
      else {
        timer.periodNanos = periodNanos;
        timer.dueNanos = dueNanos;
      }
      return Result.ok;
    },
    proxy_get_property: (pointer: number, size: number, pointerOut: number, sizeOut: number) => {
      const path = vm.memory.readText(pointer >>> 0, size >>> 0);
      if (path === undefined) return Result.invalidMemoryAccess;
      const value = getProperty(process, activeContext(vm), path);
      if (value === undefined) return Result.notFound;
      return vm.memory.giveBytes(value, pointerOut >>> 0, sizeOut >>> 0);
    },
    proxy_set_property: (pointer: number, size: number, valuePointer: number, valueSize: number) => {
      const path = vm.memory.readText(pointer >>> 0, size >>> 0);
      const value = vm.memory.view(valuePointer >>> 0, valueSize >>> 0);
      if (path === undefined || value === undefined) return Result.invalidMemoryAccess;
      const context = activeContext(vm);
      if (context.kind !== 'stream') return Result.notFound;
      context.attributes.stored ??= new Map();
      context.attributes.stored.set(path, value.slice());
      return Result.ok;
    },
    proxy_set_effective_context: (id: number) => {
      if (!vm.contexts.has(id >>> 0)) return Result.badArgument;
      vm.effectiveContextId = id >>> 0;
      return Result.ok;
    },
    proxy_done: () => {
      const root = rootOf(activeContext(vm));
      return root === undefined ? Result.notFound : finishRoot(vm, root);
    },
    proxy_call_foreign_function: (
      pointer: number,
      size: number,
      argumentPointer: number,
      argumentSize: number,
      pointerOut: number,
      sizeOut: number,
    ) => {
      const name = vm.memory.readText(pointer >>> 0, size >>> 0);
      const argument = vm.memory.view(argumentPointer >>> 0, argumentSize >>> 0);
      if (name === undefined || argument === undefined) return Result.invalidMemoryAccess;
      const answer = process.foreignFunctions.get(name)?.(argument.slice(), vm);
      if (answer === undefined) return Result.notFound;
      if (typeof answer === 'number') return answer;
      if (pointerOut !== 0 && sizeOut !== 0) {
        return vm.memory.giveBytes(answer, pointerOut >>> 0, sizeOut >>> 0);
      }
      // No place for the answer: the guest is told how long it is, and not asked for room.
      return sizeOut === 0 || vm.memory.writeU32(sizeOut >>> 0, answer.length)
        ? Result.ok
        : Result.invalidMemoryAccess;
    },
  };
}

function stored(written: boolean): number {
  return written ? Result.ok : Result.invalidMemoryAccess;
}
