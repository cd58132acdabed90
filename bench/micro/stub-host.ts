/**
 * The least of Envoy that lets a rate-limit module run a request under Node: fixed headers, the real clock, metrics
 * and shared data in maps. Nothing is limited or checked; the simulator does that.
 */
export interface StubHost {
  /** One request from the entry of the module to its verdict. */
  request(): void;
  /** How often each host function was called since the last time this was asked. */
  takeCalls(): Map<string, number>;
}

export interface StubInput {
  module: WebAssembly.Module;
  configuration: string;
  headers: [name: string, value: string][];
  clientAddress: string;
}

type HostFunction = (...parameters: never[]) => number | undefined;

interface ModuleExports {
  memory: WebAssembly.Memory;
  _initialize?(): void;
  proxy_on_memory_allocate?(size: number): number;
  malloc?(size: number): number;
  proxy_on_context_create?(context: number, parent: number): void;
  proxy_on_vm_start?(context: number, size: number): number;
  proxy_on_configure?(context: number, size: number): number;
  proxy_on_request_headers(context: number, count: number, endOfStream: number): number;
  proxy_on_log?(context: number): void;
  proxy_on_done?(context: number): number;
  proxy_on_delete?(context: number): void;
}

const [ok, notFound, casMismatch] = [0, 1, 8];
const rootContext = 1;
const text = new TextDecoder('latin1');
const bytesOf = (value: string): Uint8Array => new TextEncoder().encode(value);

export function instantiate({ module, configuration, headers, clientAddress }: StubInput): StubHost {
  let calls = new Map<string, number>();
  const configurationBytes = bytesOf(configuration);
  const headerPairs = serializePairs(headers);
  const properties = new Map([['source\0address', bytesOf(clientAddress)]]);
  const metricIds = new Map<string, number>();
  const metrics: bigint[] = [];
  const sharedData = new Map<string, { value: Uint8Array; version: number }>();

  const view = (): DataView => new DataView(exports.memory.buffer);
  const read = (start: number, size: number): Uint8Array =>
    new Uint8Array(exports.memory.buffer, start, size);
  const readText = (start: number, size: number): string => text.decode(read(start, size));
  const give = (value: Uint8Array, pointerTarget: number, sizeTarget: number): number => {
    const start = (exports.proxy_on_memory_allocate ?? exports.malloc!)(value.length);
    read(start, value.length).set(value);
    view().setUint32(pointerTarget, start, true);
    view().setUint32(sizeTarget, value.length, true);
    return ok;
  };
  const giveIfFound = (value: Uint8Array | undefined, pointerTarget: number, sizeTarget: number): number =>
    value === undefined ? notFound : give(value, pointerTarget, sizeTarget);
  const clock = (target: number): number => {
    view().setBigUint64(target, process.hrtime.bigint(), true);
    return ok;
  };

  const functions: Record<string, HostFunction> = {
    proxy_log: (level: number, start: number, size: number) => {
      const error = 4;
      if (level >= error) {
        throw new Error(readText(start, size));
      }
      return ok;
    },
    proxy_get_buffer_bytes: (_buffer: number, _from: number, _size: number, pointer: number, size: number) =>
      give(configurationBytes, pointer, size),
    proxy_get_header_map_pairs: (_map: number, pointer: number, size: number) =>
      give(headerPairs, pointer, size),
    proxy_get_header_map_value: (
      _map: number,
      nameStart: number,
      nameSize: number,
      pointer: number,
      size: number,
    ) => {
      const name = readText(nameStart, nameSize);
      const value = headers.find(([each]) => each === name)?.[1];
      return giveIfFound(value === undefined ? undefined : bytesOf(value), pointer, size);
    },
    proxy_get_property: (start: number, length: number, pointer: number, size: number) =>
      giveIfFound(properties.get(readText(start, length).replace(/\0$/, '')), pointer, size),
    proxy_get_shared_data: (
      keyStart: number,
      keySize: number,
      pointer: number,
      size: number,
      version: number,
    ) => {
      const entry = sharedData.get(readText(keyStart, keySize));
      if (entry !== undefined) {
        view().setUint32(version, entry.version, true);
      }
      return giveIfFound(entry?.value, pointer, size);
    },
    proxy_set_shared_data: (
      keyStart: number,
      keySize: number,
      start: number,
      size: number,
      version: number,
    ) => {
      const key = readText(keyStart, keySize);
      const stored = sharedData.get(key);
      if (stored !== undefined && version !== 0 && version !== stored.version) {
        return casMismatch;
      }
      sharedData.set(key, { value: read(start, size).slice(), version: (stored?.version ?? 0) + 1 });
      return ok;
    },
    proxy_define_metric: (kind: number, start: number, size: number, target: number) => {
      const name = `${kind} ${readText(start, size)}`;
      const id = metricIds.get(name) ?? metrics.push(0n) - 1;
      metricIds.set(name, id);
      view().setUint32(target, id, true);
      return ok;
    },
    proxy_increment_metric: (id: number, offset: bigint) => {
      metrics[id]! += offset;
      return ok;
    },
    proxy_record_metric: (id: number, value: bigint) => {
      metrics[id] = value;
      return ok;
    },
    proxy_get_metric: (id: number, target: number) => {
      view().setBigUint64(target, BigInt.asUintN(64, metrics[id]!), true);
      return ok;
    },
    proxy_get_current_time_nanoseconds: clock,
    clock_time_get: (_clock: number, _precision: bigint, target: number) => clock(target),
    random_get: (start: number, size: number) => {
      crypto.getRandomValues(new Uint8Array(exports.memory.buffer, start, size));
      return ok;
    },
  };

  const imports: WebAssembly.Imports = {};
  for (const { module: space, name } of WebAssembly.Module.imports(module)) {
    const implementation = functions[name] ?? (() => ok);
    imports[space] ??= {};
    imports[space][name] = (...parameters: never[]) => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return implementation(...parameters);
    };
  }
  const exports = new WebAssembly.Instance(module, imports).exports as unknown as ModuleExports;

  exports._initialize?.();
  exports.proxy_on_context_create?.(rootContext, 0);
  exports.proxy_on_vm_start?.(rootContext, 0);
  if (exports.proxy_on_configure?.(rootContext, configurationBytes.length) === 0) {
    throw new Error('Expected the module to accept its configuration, got a refusal');
  }
  let context = rootContext;
  return {
    request: () => {
      context++;
      exports.proxy_on_context_create?.(context, rootContext);
      exports.proxy_on_request_headers(context, headers.length, 1);
      exports.proxy_on_done?.(context);
      exports.proxy_on_log?.(context);
      exports.proxy_on_delete?.(context);
    },
    takeCalls: () => {
      const taken = calls;
      calls = new Map();
      return taken;
    },
  };
}

/** As proxy-wasm hands over a header map: count, sizes, then names and values, each ended by a zero byte. */
function serializePairs(pairs: [name: string, value: string][]): Uint8Array {
  const texts = pairs.flat().map(bytesOf);
  const head = new Uint32Array([pairs.length, ...texts.map((each) => each.length)]);
  return Buffer.concat([new Uint8Array(head.buffer), ...texts.flatMap((each) => [each, new Uint8Array(1)])]);
}
