import { LogLevel } from './abi.ts';
import type { HostFunctionTable } from './host-functions.ts';
import { keepLog } from './process.ts';
import type { VirtualMachine } from './vm.ts';

/** The WASI error numbers Envoy answers with. */
export const wasiErrno = {
  success: 0,
  badFileDescriptor: 8,
  invalid: 28,
  fault: 21,
  noEntry: 44,
  notImplemented: 52,
  notDirectory: 20,
  notSupported: 58,
} as const;

const { success, fault } = wasiErrno;
const randomMaxBytes = 65_536;

/**
 * The WASI functions Envoy offers: clocks, random numbers, environment and output; files answer that there are none.
 * Those missing here answer `notSupported`. Source: cpp-host `src/exports.cc`.
 */
export function createWasiFunctions(vm: VirtualMachine): HostFunctionTable {
  const { clock, random, environment } = vm.process;
  const done = (written: boolean) => (written ? success : fault);
  const outputOnly = (descriptor: number) =>
    descriptor === 1 || descriptor === 2 ? success : wasiErrno.badFileDescriptor;

  const write = (descriptor: number, vectors: number, count: number, writtenOut: number) => {
    if (descriptor !== 1 && descriptor !== 2) return wasiErrno.badFileDescriptor;
    let text = '';
    let written = 0;
    for (let index = 0; index < count; index++) {
      const pointer = vm.memory.readU32((vectors >>> 0) + index * 8);
      const size = vm.memory.readU32((vectors >>> 0) + index * 8 + 4);
      if (pointer === undefined || size === undefined) return fault;
      const part = vm.memory.readText(pointer, size);
      if (part === undefined) return fault;
      text += part;
      written += size;
    }
    if (written > 0) {
      const level = descriptor === 1 ? LogLevel.info : LogLevel.error;
      keepLog(vm.process, vm.name, level, text.endsWith('\n') ? text.slice(0, -1) : text);
    }
    return done(vm.memory.writeU32(writtenOut >>> 0, written));
  };

  return {
    clock_time_get: (id: number, _precision: bigint, out: number) => {
      if (id === 0) return done(vm.memory.writeU64(out >>> 0, clock.realtime()));
      if (id === 1) return done(vm.memory.writeU64(out >>> 0, clock.now()));
      return wasiErrno.notSupported;
    },
    clock_res_get: (id: number, out: number) =>
      id === 0 || id === 1 ? done(vm.memory.writeU64(out >>> 0, 1n)) : wasiErrno.notSupported,
    random_get: (pointer: number, size: number) => {
      if (size >>> 0 > randomMaxBytes) return wasiErrno.invalid;
      const bytes = new Uint8Array(size >>> 0);
      random.fill(bytes);
      return done(vm.memory.writeBytes(pointer >>> 0, bytes));
    },
    fd_write: write,
    fd_pwrite: (descriptor: number, vectors: number, count: number, _offset: bigint, writtenOut: number) =>
      write(descriptor, vectors, count, writtenOut),
    environ_sizes_get: (countOut: number, sizeOut: number) => {
      const size = environment.reduce(
        (sum, [name, value]) => sum + Buffer.byteLength(`${name}=${value}`) + 1,
        0,
      );
      return done(
        vm.memory.writeU32(countOut >>> 0, environment.length) && vm.memory.writeU32(sizeOut >>> 0, size),
      );
    },
    environ_get: (pointersOut: number, textOut: number) => {
      let text = textOut >>> 0;
      for (const [index, [name, value]] of environment.entries()) {
        const bytes = Buffer.from(`${name}=${value}\0`);
        if (!vm.memory.writeU32((pointersOut >>> 0) + index * 4, text)) return fault;
        if (!vm.memory.writeBytes(text, bytes)) return fault;
        text += bytes.length;
      }
      return success;
    },
    args_sizes_get: (countOut: number, sizeOut: number) =>
      done(vm.memory.writeU32(countOut >>> 0, 0) && vm.memory.writeU32(sizeOut >>> 0, 0)),
    args_get: (_pointersOut: number, _textOut: number) => success,
    fd_fdstat_get: (descriptor: number, out: number) => {
      if (descriptor !== 1 && descriptor !== 2) return wasiErrno.badFileDescriptor;
      const status = new Uint8Array(24);
      status[8] = 64; // the right to write
      return done(vm.memory.writeBytes(out >>> 0, status));
    },
    fd_fdstat_set_flags: (_descriptor: number, _flags: number) => wasiErrno.notImplemented,
    fd_fdstat_set_rights: outputOnly,
    fd_read: (_a: number, _b: number, _c: number, _d: number) => wasiErrno.notImplemented,
    fd_pread: (_a: number, _b: number, _c: number, _d: bigint, _e: number) => wasiErrno.notImplemented,
    fd_seek: (_a: number, _b: bigint, _c: number, _d: number) => success,
    fd_close: (_descriptor: number) => success,
    fd_advise: (_a: number, _b: bigint, _c: bigint, _d: number) => success,
    fd_allocate: outputOnly,
    fd_datasync: outputOnly,
    fd_sync: outputOnly,
    fd_filestat_get: (_a: number, _b: number) => wasiErrno.badFileDescriptor,
    fd_filestat_set_size: outputOnly,
    fd_filestat_set_times: outputOnly,
    fd_prestat_get: (_a: number, _b: number) => wasiErrno.badFileDescriptor,
    fd_prestat_dir_name: (_a: number, _b: number, _c: number) => wasiErrno.notImplemented,
    fd_readdir: (_a: number, _b: number, _c: number, _d: bigint, out: number) =>
      vm.memory.writeU32(out >>> 0, 0) ? wasiErrno.notDirectory : fault,
    fd_tell: (descriptor: number, out: number) =>
      outputOnly(descriptor) || done(vm.memory.writeU64(out >>> 0, 0n)),
    path_open: (..._values: unknown[]) => wasiErrno.noEntry,
    poll_oneoff: (_a: number, _b: number, _c: number, out: number) => done(vm.memory.writeU32(out >>> 0, 0)),
    sched_yield: () => success,
    // Envoy only logs it; what a module does after that is usually a trap of its own.
    proc_exit: (_code: number) => undefined,
  };
}
