import { type CallbackName, callbackNames, type LogLevelName, logLevelNames } from './abi.ts';
import type { Metrics } from './metrics.ts';
import type { PropertyValue } from './properties.ts';
import type { Random } from './random.ts';
import type { SharedData } from './shared-data.ts';
import type { Registrant, SharedQueues } from './shared-queue.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { VirtualMachine } from './vm.ts';

/** What all VMs of one proxy process share. */
export interface ProxyProcess {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly sharedData: SharedData;
  readonly queues: SharedQueues;
  readonly metrics: Metrics;
  readonly logs: LogEntry[];
  /** What `proxy_get_log_level` answers; less severe messages are not kept. */
  readonly logLevel: number;
  readonly pluginName: string;
  readonly rootId: string;
  readonly vmId: string;
  readonly vmConfiguration: Uint8Array;
  readonly environment: readonly (readonly [string, string])[];
  /** Properties of every context, by path with `.` between segments. */
  readonly properties: Readonly<Record<string, PropertyValue>>;
  readonly foreignFunctions: Map<string, ForeignFunction>;
  readonly hostCalls: HostCallCounters;
  /** Queues with something new, not yet told to their registrants. */
  readonly notifications: { registrant: Registrant; token: number }[];
  /** Runs before every call on shared data, metrics and queues: where threads of a real process race. */
  beforeSharedCall: ((vm: VirtualMachine, call: string) => void) | undefined;
}

/** Answers `proxy_call_foreign_function`: the result's bytes, or a result number. */
export type ForeignFunction = (argument: Uint8Array, vm: VirtualMachine) => Uint8Array | number;

export interface LogEntry {
  thread: string;
  level: LogLevelName;
  message: string;
  /** Monotonic, ns. */
  atNanos: bigint;
}

const mostLogEntries = 10_000;

/** Keeps a message; the oldest of more than 10,000 are dropped. */
export function keepLog(process: ProxyProcess, thread: string, level: number, message: string): void {
  if (level < process.logLevel) return;
  if (process.logs.length >= mostLogEntries) process.logs.splice(0, mostLogEntries / 2);
  process.logs.push({
    thread,
    level: logLevelNames[level] ?? 'critical',
    message,
    atNanos: process.clock.now(),
  });
}

/** How often each host function was called from each callback. */
export interface HostCallCounters {
  /** One number a pair, at `callback × names.length + host function`. */
  counts: Float64Array;
  readonly names: readonly string[];
}

/** Pseudo host function that counts calls of the module's allocator. */
export const allocatorCall = 'allocate';

export function createHostCallCounters(names: readonly string[]): HostCallCounters {
  return { names, counts: new Float64Array(callbackNames.length * names.length) };
}

/** Counts of one callback, or of all callbacks together, without zeros. */
export function readHostCalls(counters: HostCallCounters, callback?: CallbackName): Record<string, number> {
  const result: Record<string, number> = {};
  callbackNames.forEach((name, row) => {
    if (callback !== undefined && name !== callback) return;
    counters.names.forEach((host, column) => {
      const count = counters.counts[row * counters.names.length + column]!;
      if (count > 0) result[host] = (result[host] ?? 0) + count;
    });
  });
  return result;
}
