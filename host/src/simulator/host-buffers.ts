import { BufferType, Result } from './abi.ts';
import type { Body } from './context.ts';
import type { HostFunctionTable } from './host-functions.ts';
import { activeContext, type VirtualMachine } from './vm.ts';

const nothing: Body = { bytes: new Uint8Array(0) };

/** Bodies and configurations. Sources: cpp-host `get_buffer_bytes`, Envoy `Context::getBuffer`, `Buffer::copyFrom`. */
export function createBufferFunctions(vm: VirtualMachine): HostFunctionTable {
  return {
    proxy_get_buffer_bytes: (
      type: number,
      start: number,
      length: number,
      pointerOut: number,
      sizeOut: number,
    ) => {
      if (type >>> 0 > BufferType.last) return Result.badArgument;
      const buffer = find(vm, type);
      if (buffer === undefined) return Result.notFound;
      const from = Math.min(start >>> 0, buffer.bytes.length);
      const to = Math.min(from + (length >>> 0), buffer.bytes.length);
      return vm.memory.giveBytes(buffer.bytes.subarray(from, to), pointerOut >>> 0, sizeOut >>> 0);
    },
    proxy_get_buffer_status: (type: number, lengthOut: number, flagsOut: number) => {
      if (type >>> 0 > BufferType.last) return Result.badArgument;
      const buffer = find(vm, type);
      if (buffer === undefined) return Result.notFound;
      const written =
        vm.memory.writeU32(lengthOut >>> 0, buffer.bytes.length) && vm.memory.writeU32(flagsOut >>> 0, 0);
      return written ? Result.ok : Result.invalidMemoryAccess;
    },
    proxy_set_buffer_bytes: (type: number, start: number, length: number, pointer: number, size: number) => {
      if (type >>> 0 > BufferType.last) return Result.badArgument;
      const buffer = find(vm, type);
      if (buffer === undefined) return Result.notFound;
      const data = vm.memory.view(pointer >>> 0, size >>> 0);
      if (data === undefined) return Result.invalidMemoryAccess;
      const isBody = type === BufferType.httpRequestBody || type === BufferType.httpResponseBody;
      if (!isBody || buffer === nothing) return Result.badArgument;
      return change(buffer, start >>> 0, length >>> 0, data);
    },
  };
}

/** Prepends, replaces everything, or appends; nothing else is possible. */
function change(buffer: Body, start: number, length: number, data: Uint8Array): number {
  if (start === 0 && length === 0) buffer.bytes = Buffer.concat([data, buffer.bytes]);
  else if (start === 0 && length >= buffer.bytes.length) buffer.bytes = data.slice();
  else if (start !== 0 && start >= buffer.bytes.length) buffer.bytes = Buffer.concat([buffer.bytes, data]);
  else return Result.badArgument;
  return Result.ok;
}

function find(vm: VirtualMachine, type: number): Body | undefined {
  const context = activeContext(vm);
  switch (type) {
    case BufferType.httpRequestBody:
      return (context.kind === 'stream' ? context.requestBody : undefined) ?? nothing;
    case BufferType.httpResponseBody:
      return (context.kind === 'stream' ? context.responseBody : undefined) ?? nothing;
    case BufferType.callData:
      return nothing;
    case BufferType.vmConfiguration:
      return { bytes: vm.process.vmConfiguration };
    case BufferType.pluginConfiguration:
      return context.kind === 'root' && context.configurationVisible
        ? { bytes: context.configuration }
        : undefined;
    default:
      return undefined;
  }
}
