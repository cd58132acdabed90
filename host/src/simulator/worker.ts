import type { RootContext } from './context.ts';
import { createVirtualMachine } from './instantiate.ts';
import type { ProxyProcess } from './process.ts';
import { configureRoot, startRoot, supersedeRoot } from './root.ts';
import { GuestTrap, type VirtualMachine } from './vm.ts';

export type FailurePolicy = 'FAIL_RELOAD' | 'FAIL_CLOSED' | 'FAIL_OPEN';

/** One thread of the proxy and the VM it has; the main thread is one without connections. */
export interface Worker {
  readonly process: ProxyProcess;
  readonly module: WebAssembly.Module;
  /** 0 is the main thread. */
  readonly thread: number;
  readonly name: string;
  readonly failurePolicy: FailurePolicy;
  /** Shortest time from one load to a reload, ms; Envoy adds up to half of it at random. */
  readonly reloadBackoffMillis: number;
  /** The configuration in force and where it runs; undefined when it could not be started here. */
  plugin: { vm: VirtualMachine; root: RootContext } | undefined;
  /** When the plugin was last loaded, monotonic ns. */
  lastLoadNanos: bigint;
  /** VMs of this thread that still have streams. */
  readonly machines: Set<VirtualMachine>;
}

/** What a new stream on a worker runs into. */
export type AcquiredPlugin =
  | { kind: 'ready'; vm: VirtualMachine; root: RootContext }
  /** The VM has failed: 503. */
  | { kind: 'failed' }
  /** No filter is put into the chain. */
  | { kind: 'bypass' };

export function createWorker(options: Omit<Worker, 'plugin' | 'lastLoadNanos' | 'machines'>): Worker {
  return { ...options, plugin: undefined, lastLoadNanos: 0n, machines: new Set() };
}

/**
 * Puts a configuration into force: a new root context in the thread's VM, or in a fresh VM when there is none or it
 * has failed. The same configuration again keeps its root context. Returns an error message or undefined.
 */
export function configureWorker(worker: Worker, configuration: Uint8Array): string | undefined {
  const old = worker.plugin;
  const usable = old !== undefined && old.vm.failure === undefined;
  if (usable && Buffer.compare(old.root.configuration, configuration) === 0) return undefined;
  worker.lastLoadNanos = worker.process.clock.now();
  const loaded = loadPlugin(worker, usable ? old.vm : undefined, configuration);
  worker.plugin = typeof loaded === 'string' ? undefined : loaded;
  if (old !== undefined) supersedeRoot(old.vm, old.root);
  return typeof loaded === 'string' ? loaded : undefined;
}

/** `getOrCreateThreadLocalPlugin`: starts and configures a root context, or says why that failed. */
export function loadPlugin(
  worker: Worker,
  existing: VirtualMachine | undefined,
  configuration: Uint8Array,
): { vm: VirtualMachine; root: RootContext } | string {
  let vm: VirtualMachine;
  try {
    vm = existing ?? createVirtualMachine(worker.process, worker.module, worker.thread, worker.name);
  } catch (error) {
    if (error instanceof GuestTrap || error instanceof WebAssembly.LinkError) return error.message;
    throw error;
  }
  if (vm.failure !== undefined) return vm.failure;
  worker.machines.add(vm);
  const root = startRoot(vm, configuration);
  if (root === undefined) return vm.failure ?? 'proxy_on_vm_start returned false';
  if (!configureRoot(vm, root)) return vm.failure ?? 'proxy_on_configure returned false';
  return { vm, root };
}

/**
 * The plugin for a new stream. With FAIL_RELOAD a failed VM is replaced, at the earliest `reloadBackoffMillis` to one
 * and a half times that after it was last *loaded* (not after it failed), so the first trap of a VM that has run for a
 * while costs one request. Source: Envoy `PluginConfig::maybeReloadHandleIfNeeded` and `createContext`.
 */
export function acquirePlugin(worker: Worker): AcquiredPlugin {
  const { plugin, process } = worker;
  if (plugin === undefined) return { kind: 'bypass' };
  if (plugin.vm.failure === undefined) return { kind: 'ready', vm: plugin.vm, root: plugin.root };
  if (worker.failurePolicy === 'FAIL_OPEN') return { kind: 'bypass' };
  if (worker.failurePolicy === 'FAIL_CLOSED') return { kind: 'failed' };
  const base = worker.reloadBackoffMillis;
  const backoffMillis = base + process.random.below(Math.max(1, base >> 1));
  const now = process.clock.now();
  if (now - worker.lastLoadNanos < BigInt(backoffMillis) * 1_000_000n) return { kind: 'failed' };
  worker.lastLoadNanos = now;
  const loaded = loadPlugin(worker, undefined, plugin.root.configuration);
  if (typeof loaded === 'string') return { kind: 'failed' };
  worker.machines.delete(plugin.vm);
  worker.plugin = loaded;
  return { kind: 'ready', ...loaded };
}
