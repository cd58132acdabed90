import { HeaderMapType, Result } from './abi.ts';
import type { StreamContext } from './context.ts';
import {
  addHeader,
  firstHeader,
  type HeaderMap,
  headerByteSize,
  removeHeader,
  replaceHeader,
} from './header-map.ts';
import type { HostFunctionTable } from './host-functions.ts';
import { activeContext, type VirtualMachine } from './vm.ts';

const empty: HeaderMap = [];

/**
 * Header maps. A map is there from its callback until the message has been passed on: request headers, for one, are
 * gone in `proxy_on_response_headers` unless the request is still held or is being answered locally.
 */
export function createHeaderFunctions(vm: VirtualMachine): HostFunctionTable {
  return {
    proxy_get_header_map_value: (
      type: number,
      key: number,
      keySize: number,
      pointerOut: number,
      sizeOut: number,
    ) => {
      if (type >>> 0 > HeaderMapType.httpCallResponseTrailers) return Result.badArgument;
      const name = vm.memory.readText(key >>> 0, keySize >>> 0);
      if (name === undefined) return Result.invalidMemoryAccess;
      const context = activeContext(vm);
      const map = context.kind === 'stream' ? readableMap(context, type) : undefined;
      if (map === undefined) {
        return context.kind === 'stream' && context.accessLog ? Result.notFound : Result.badArgument;
      }
      const value = firstHeader(map, name);
      if (value === undefined) return Result.notFound;
      return vm.memory.giveText(value, pointerOut >>> 0, sizeOut >>> 0);
    },
    proxy_get_header_map_pairs: (type: number, pointerOut: number, sizeOut: number) => {
      if (type >>> 0 > HeaderMapType.httpCallResponseTrailers) return Result.badArgument;
      const context = activeContext(vm);
      const map = context.kind === 'stream' ? readableMap(context, type) : undefined;
      return vm.memory.givePairs(map ?? empty, pointerOut >>> 0, sizeOut >>> 0);
    },
    proxy_get_header_map_size: (type: number, out: number) => {
      const map = writableMap(vm, type);
      if (map === undefined) return Result.badArgument;
      return vm.memory.writeU32(out >>> 0, headerByteSize(map)) ? Result.ok : Result.invalidMemoryAccess;
    },
    proxy_set_header_map_pairs: (type: number, pointer: number, size: number) => {
      const pairs = vm.memory.readPairs(pointer >>> 0, size >>> 0);
      if (pairs === undefined) return Result.invalidMemoryAccess;
      const map = writableMap(vm, type);
      if (map === undefined) return Result.badArgument;
      map.length = 0;
      for (let index = 0; index < pairs.length; index += 2) addHeader(map, pairs[index]!, pairs[index + 1]!);
      return Result.ok;
    },
    proxy_add_header_map_value: (
      type: number,
      key: number,
      keySize: number,
      value: number,
      valueSize: number,
    ) => edit(vm, type, key, keySize, value, valueSize, addHeader),
    proxy_replace_header_map_value: (
      type: number,
      key: number,
      keySize: number,
      value: number,
      valueSize: number,
    ) => edit(vm, type, key, keySize, value, valueSize, replaceHeader),
    proxy_remove_header_map_value: (type: number, key: number, keySize: number) =>
      edit(vm, type, key, keySize, 0, 0, removeHeader),
  };
}

function edit(
  vm: VirtualMachine,
  type: number,
  key: number,
  keySize: number,
  value: number,
  valueSize: number,
  change: (map: HeaderMap, name: string, value: string) => void,
): number {
  const name = vm.memory.readText(key >>> 0, keySize >>> 0);
  const text = vm.memory.readText(value >>> 0, valueSize >>> 0);
  if (name === undefined || text === undefined) return Result.invalidMemoryAccess;
  const map = writableMap(vm, type);
  if (map === undefined) return Result.badArgument;
  change(map, name, text);
  return Result.ok;
}

/** Envoy's `Context::getConstMap`. */
function readableMap(context: StreamContext, type: number): HeaderMap | undefined {
  const { accessLog } = context;
  switch (type) {
    case HeaderMapType.requestHeaders:
      return accessLog ? accessLog.requestHeaders : context.requestHeaders;
    case HeaderMapType.requestTrailers:
      return accessLog ? undefined : context.requestTrailers;
    case HeaderMapType.responseHeaders:
      return accessLog ? accessLog.responseHeaders : context.responseHeaders;
    case HeaderMapType.responseTrailers:
      return accessLog ? undefined : context.responseTrailers;
    default:
      return undefined;
  }
}

/** Envoy's `Context::getMap`: asking for trailers while the last data is at hand makes them. */
function writableMap(vm: VirtualMachine, type: number): HeaderMap | undefined {
  const context = activeContext(vm);
  if (context.kind !== 'stream') return undefined;
  switch (type) {
    case HeaderMapType.requestHeaders:
      return context.requestHeaders;
    case HeaderMapType.requestTrailers:
      if (context.requestBody && context.endOfStream) context.requestTrailers ??= [];
      return context.requestTrailers;
    case HeaderMapType.responseHeaders:
      return context.responseHeaders;
    case HeaderMapType.responseTrailers:
      if (context.responseBody && context.endOfStream) context.responseTrailers ??= [];
      return context.responseTrailers;
    default:
      return undefined;
  }
}
