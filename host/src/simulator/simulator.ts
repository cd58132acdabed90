import { type CallbackName, LogLevel, type LogLevelName } from './abi.ts';
import { beginStream } from './begin-stream.ts';
import { hostFunctionNames } from './host-functions.ts';
import { loadModule } from './load-module.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import {
  createHostCallCounters,
  type ForeignFunction,
  type LogEntry,
  type ProxyProcess,
  readHostCalls,
} from './process.ts';
import type { PropertyValue } from './properties.ts';
import { runRace } from './race.ts';
import { createRandom } from './random.ts';
import { queueReady, tick } from './root.ts';
import { createSharedData } from './shared-data.ts';
import { createSharedQueues } from './shared-queue.ts';
import type { RequestOptions, Stream } from './stream.ts';
import { createVirtualClock } from './virtual-clock.ts';
import type { VirtualMachine } from './vm.ts';
import { configureWorker, createWorker, type FailurePolicy, loadPlugin, type Worker } from './worker.ts';

export interface SimulatorOptions {
  /** The module: a path or its bytes. */
  module: string | Uint8Array;
  /** Plugin configuration: text as it is, anything else as JSON. Default empty. */
  configuration?: unknown;
  /** Worker threads, 1 or more. Default 1. */
  workers?: number;
  /** Seeds `random_get`, the order of ticks due at once, and the reload jitter. Default 1. */
  seed?: number;
  /** Monotonic time at the start, ns. Default 5,000 s. */
  startNanos?: bigint;
  /** Time since 1970 at the start, ns. Default 2026-01-01. */
  startRealtimeNanos?: bigint;
  /** Default `FAIL_RELOAD`. */
  failurePolicy?: FailurePolicy;
  /** Envoy's `reload_config.backoff`, ms. Default 1,000. */
  reloadBackoffMillis?: number;
  /** Metrics a stats matcher rejects: they read 0 for ever. The name is as the module gives it. */
  dropMetrics?: (name: string) => boolean;
  /** Least severe level that is kept, and what `proxy_get_log_level` answers. Default `info`. */
  logLevel?: LogLevelName;
  /** `plugin_name`, default `sluice`. */
  pluginName?: string;
  /** `plugin_root_id`, default `sluice`. */
  rootId?: string;
  /** `plugin_vm_id`, default `sluice`. */
  vmId?: string;
  /** Default empty. */
  vmConfiguration?: string;
  environment?: Readonly<Record<string, string>>;
  /** Properties of every context, by path with `.` between segments. */
  properties?: Readonly<Record<string, PropertyValue>>;
  /** Foreign functions by name; all others answer NotFound. `clear_route_cache` is there by default. */
  foreignFunctions?: Readonly<Record<string, ForeignFunction>>;
  /** Also require the marker export of Sluice's own modules. Default false. */
  requireSluice?: boolean;
}

/** What became of a new configuration. A refused one leaves the old in force. */
export type ConfigurationResult =
  | { accepted: true /** Threads where it did not start after all, with the reason. */; failures: string[] }
  | { accepted: false; error: string; logs: LogEntry[] };

/** A step of a race: a request, or anything that happens on one worker. */
export type RaceEntry = RequestOptions | { worker: number; run: () => void };

export interface Simulator {
  request(options?: RequestOptions): Stream;
  /** Live update as by ECDS: checked in a fresh canary VM, then a new root context in the VMs that run. */
  updateConfiguration(configuration: unknown): ConfigurationResult;
  /** Runs requests on several workers so that they interleave at shared data, metrics and queues. */
  race(entries: readonly RaceEntry[], seed: number, options?: RaceOptions): (Stream | undefined)[];
  /** Sees every call on shared state before it happens; may run other idle workers. */
  beforeSharedCall(hook: ((worker: number, call: string) => void) | undefined): void;

  /** Monotonic virtual time, ns. */
  now(): bigint;
  /** Moves time on and runs the ticks that come due, in order. */
  advanceNanos(nanos: bigint | number): void;
  advanceMillis(millis: number): void;
  runUntil(nanos: bigint): void;
  /** Monotonic time of the next tick on any thread, or undefined. */
  nextTickNanos(): bigint | undefined;

  readonly metrics: Metrics;
  readonly sharedData: SharedDataReader;
  /** Kept messages of all VMs, oldest first. */
  readonly logs: LogEntry[];
  /** Host calls of all VMs by function, from one callback or from all. */
  hostCalls(callback?: CallbackName): Record<string, number>;
  resetHostCalls(): void;
  /** Size of the linear memory of a worker's VM, bytes. */
  memoryBytes(worker: number): number;
  /** Contexts of a worker's VM that exist, roots included. */
  contextCount(worker: number): number;
  /** Makes a worker's VM fail as if it had trapped: what the failure policy says follows. */
  loseVirtualMachine(worker: number): void;
  /** Why a worker's VM failed, or undefined. */
  failure(worker: number): string | undefined;
  readonly workers: number;
}

export interface RaceOptions {
  /** Chance of an interruption at each shared call, 0…1. Default 0.5. */
  chance?: number;
}

export interface SharedDataReader {
  /** A copy of the value, or undefined. */
  get(key: string): { value: Uint8Array; cas: number } | undefined;
  /** Sets a value from outside, as another plugin of the same `vm_id` could. */
  set(key: string, value: Uint8Array | string): void;
  entries(): number;
  /** Bytes of keys and values. */
  bytes(): number;
  keys(): string[];
}

/** A module or first configuration that Envoy would refuse to start with. */
export class StartRefused extends Error {
  readonly logs: LogEntry[];
  constructor(message: string, logs: LogEntry[] = []) {
    super(message);
    this.name = 'StartRefused';
    this.logs = logs;
  }
}

const defaultStartNanos = 5_000_000_000_000n;
const defaultRealtimeNanos = 1_767_225_600_000_000_000n;

/**
 * Starts a proxy process with one Wasm plugin: a canary VM that is thrown away, then the main thread's, then the
 * workers'. Throws `StartRefused` when the module is not loadable or the canary refuses the configuration.
 */
export function createSimulator(options: SimulatorOptions): Simulator {
  const loaded = loadModule(options.module, { requireSluice: options.requireSluice ?? false });
  if (!loaded.accepted) throw new StartRefused(`The module cannot be loaded:\n${loaded.problems.join('\n')}`);
  const { module } = loaded;
  const process = createProcess(options);
  const workerCount = options.workers ?? 1;
  if (!Number.isInteger(workerCount) || workerCount < 1) {
    throw new RangeError(`Expected \`workers\` to be a whole number from 1, got ${workerCount}`);
  }
  const createThread = (thread: number, name: string) =>
    createWorker({
      process,
      module,
      thread,
      name,
      failurePolicy: options.failurePolicy ?? 'FAIL_RELOAD',
      reloadBackoffMillis: options.reloadBackoffMillis ?? 1000,
    });
  const threads: Worker[] = [createThread(0, 'main')];
  for (let worker = 0; worker < workerCount; worker++)
    threads.push(createThread(worker + 1, `worker ${worker}`));
  const workerAt = (worker: number) => {
    const found = worker >= 0 ? threads[worker + 1] : undefined;
    if (found === undefined)
      throw new RangeError(`Expected a worker from 0 to ${workerCount - 1}, got ${worker}`);
    return found;
  };
  let racing = false;

  const updateConfiguration = (input: unknown): ConfigurationResult => {
    const configuration = configurationBytes(input);
    const before = process.logs.length;
    const canary = loadPlugin(createThread(0, 'canary'), undefined, configuration);
    if (typeof canary === 'string') {
      const logs = process.logs.slice(before).filter((entry) => entry.thread === 'canary');
      const messages = logs.map(({ level, message }) => `${level}: ${message}`);
      const error = [`The plugin configuration was refused: ${canary}`, ...messages].join('\n');
      return { accepted: false, error, logs };
    }
    const failures: string[] = [];
    for (const thread of threads) {
      const failure = configureWorker(thread, configuration);
      if (failure !== undefined) failures.push(`${thread.name}: ${failure}`);
    }
    deliver();
    return { accepted: true, failures };
  };

  /** Wakes the registrants of queues that got something, as event loops do once their callback has returned. */
  const deliver = () => {
    if (racing) return;
    while (process.notifications.length > 0) {
      const { registrant, token } = process.notifications.shift()!;
      const vm = threads[registrant.thread]?.plugin?.vm;
      if (vm !== undefined) queueReady(vm, registrant, token);
    }
  };

  const dueTimers = (): { nanos: bigint; due: { vm: VirtualMachine; root: number }[] } | undefined => {
    let nanos: bigint | undefined;
    let due: { vm: VirtualMachine; root: number }[] = [];
    for (const { plugin } of threads) {
      if (plugin === undefined || plugin.vm.failure !== undefined) continue;
      for (const [root, timer] of plugin.vm.timers) {
        if (timer.dueNanos === undefined) continue;
        if (nanos === undefined || timer.dueNanos < nanos) {
          nanos = timer.dueNanos;
          due = [];
        }
        if (timer.dueNanos === nanos) due.push({ vm: plugin.vm, root });
      }
    }
    return nanos === undefined ? undefined : { nanos, due };
  };

  const runUntil = (target: bigint) => {
    for (let next = dueTimers(); next !== undefined && next.nanos <= target; next = dueTimers()) {
      process.clock.moveTo(next.nanos);
      const { vm, root } = next.due[next.due.length === 1 ? 0 : process.random.below(next.due.length)]!;
      tick(vm, root);
      deliver();
    }
    process.clock.moveTo(target);
  };

  const request = (requestOptions: RequestOptions = {}) => {
    const stream = beginStream(process, workerAt(requestOptions.worker ?? 0), requestOptions);
    if (process.notifications.length > 0) deliver();
    return stream;
  };

  const first = updateConfiguration(options.configuration ?? '');
  if (!first.accepted) throw new StartRefused(first.error, first.logs);

  return {
    request,
    updateConfiguration,
    race: (entries, seed, raceOptions = {}) => {
      const results: (Stream | undefined)[] = entries.map(() => undefined);
      const steps = entries.map((entry, index) => {
        const worker = workerAt(entry.worker ?? 0);
        const run = () => {
          if ('run' in entry) entry.run();
          else results[index] = request(entry);
        };
        return { thread: worker.thread, run };
      });
      racing = true;
      try {
        runRace(process, steps, seed, raceOptions.chance ?? 0.5);
      } finally {
        racing = false;
      }
      deliver();
      return results;
    },
    beforeSharedCall: (hook) => {
      process.beforeSharedCall = hook && ((vm, call) => hook(vm.thread - 1, call));
    },
    now: process.clock.now,
    advanceNanos: (nanos) => runUntil(process.clock.now() + BigInt(nanos)),
    advanceMillis: (millis) => runUntil(process.clock.now() + BigInt(Math.round(millis * 1_000_000))),
    runUntil,
    nextTickNanos: () => dueTimers()?.nanos,
    metrics: process.metrics,
    sharedData: readerOf(process),
    logs: process.logs,
    hostCalls: (callback) => readHostCalls(process.hostCalls, callback),
    resetHostCalls: () => {
      process.hostCalls.counts.fill(0);
    },
    memoryBytes: (worker) => workerAt(worker).plugin?.vm.memory.byteLength() ?? 0,
    // Context 0 is the VM's own.
    contextCount: (worker) => (workerAt(worker).plugin?.vm.contexts.size ?? 1) - 1,
    loseVirtualMachine: (worker) => {
      const { plugin } = workerAt(worker);
      if (plugin !== undefined) plugin.vm.failure = 'lost';
    },
    failure: (worker) => workerAt(worker).plugin?.vm.failure,
    workers: workerCount,
  };
}

function createProcess(options: SimulatorOptions): ProxyProcess {
  return {
    clock: createVirtualClock(
      options.startNanos ?? defaultStartNanos,
      options.startRealtimeNanos ?? defaultRealtimeNanos,
    ),
    random: createRandom(options.seed ?? 1),
    sharedData: createSharedData(),
    queues: createSharedQueues(),
    metrics: createMetrics(options.dropMetrics ?? (() => false)),
    logs: [],
    logLevel: LogLevel[options.logLevel ?? 'info'],
    pluginName: options.pluginName ?? 'sluice',
    rootId: options.rootId ?? 'sluice',
    vmId: options.vmId ?? 'sluice',
    vmConfiguration: Buffer.from(options.vmConfiguration ?? ''),
    environment: Object.entries(options.environment ?? {}),
    properties: options.properties ?? {},
    foreignFunctions: new Map(
      Object.entries({ clear_route_cache: () => new Uint8Array(0), ...options.foreignFunctions }),
    ),
    hostCalls: createHostCallCounters(hostFunctionNames),
    notifications: [],
    beforeSharedCall: undefined,
  };
}

function configurationBytes(configuration: unknown): Uint8Array {
  if (configuration instanceof Uint8Array) return configuration;
  return Buffer.from(typeof configuration === 'string' ? configuration : JSON.stringify(configuration));
}

function readerOf(process: ProxyProcess): SharedDataReader {
  const exact = (key: string) => Buffer.from(key).toString('latin1');
  return {
    get: (key) => {
      const datum = process.sharedData.get(exact(key));
      return datum && { value: datum.value.slice(), cas: datum.cas };
    },
    set: (key, value) => {
      process.sharedData.set(exact(key), typeof value === 'string' ? Buffer.from(value) : value, 0);
    },
    entries: process.sharedData.entries,
    bytes: process.sharedData.bytes,
    keys: () => process.sharedData.keys().map((key) => Buffer.from(key, 'latin1').toString('utf8')),
  };
}
