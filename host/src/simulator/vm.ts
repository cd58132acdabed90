import { type CallbackName, callbackNames } from './abi.ts';
import type { Context, RootContext, VmContext } from './context.ts';
import type { GuestMemory } from './memory.ts';
import type { Metric } from './metrics.ts';
import type { ProxyProcess } from './process.ts';

/** One instance of the module on one thread. */
export interface VirtualMachine {
  readonly process: ProxyProcess;
  /** 0 is the main thread (and the canary's), 1 the first worker. */
  readonly thread: number;
  /** `canary`, `main`, `worker 0`…: for messages. */
  readonly name: string;
  memory: GuestMemory;
  /** The callbacks the module exports, at their index in `callbackNames`. */
  readonly callbacks: (GuestFunction | undefined)[];
  /** Every context that exists, by id. */
  readonly contexts: Map<number, Context>;
  nextContextId: number;
  /** Context of the callback that is running. */
  current: Context;
  /** From `proxy_set_effective_context`; 0 is none. Lasts until the callback returns. */
  effectiveContextId: number;
  /** Index of the callback that is running. */
  callback: number;
  /** Callbacks on the stack; 0 is idle. */
  depth: number;
  /** A local reply was asked for: whatever the callback returns, iteration stops. */
  stopIteration: boolean;
  /** Actions on streams, carried out when the callback has returned. */
  readonly afterCallActions: (() => void)[];
  /** Tick of each root context, by its id. */
  readonly timers: Map<number, Timer>;
  /** Metric of each id handed out in this VM. */
  readonly metrics: Metric[];
  /** What the guest may call now. */
  restriction: Restriction;
  /** Why the VM stopped for good, or undefined. */
  failure: string | undefined;
}

export type GuestFunction = (first?: number, second?: number, third?: number) => number | undefined;

export interface Timer {
  periodNanos: bigint;
  /** Monotonic time of the next tick, or undefined when stopped. */
  dueNanos: bigint | undefined;
}

export const Restriction = { none: 0, initialize: 1, allocate: 2 } as const;
export type Restriction = (typeof Restriction)[keyof typeof Restriction];

/** Returned by `invoke` when the host overrules the callback's return value: above every known status. */
export const iterationStopped = 0xffff_ffff;

export const vmContext: VmContext = { kind: 'vm', id: 0 };

/**
 * A guest that did what Envoy answers with a trap: not a fault of the simulator.
 */
export class GuestTrap extends Error {}

const indexOfCallback = new Map<string, number>(callbackNames.map((name, index) => [name, index]));

/** Index of a callback, for `invoke`. */
export function callbackIndex(name: CallbackName): number {
  return indexOfCallback.get(name)!;
}

/**
 * Calls into the module with the context's id and up to two more numbers, then carries out the actions it asked
 * for. Returns the callback's result; 0 when it is not exported, returns nothing, or traps (see `failure`); and
 * `iterationStopped` when it asked for a local reply.
 */
export function invoke(
  vm: VirtualMachine,
  callback: number,
  context: Context,
  first = 0,
  second = 0,
): number {
  const guest = vm.callbacks[callback];
  if (guest === undefined || vm.failure !== undefined) return 0;
  const { current, effectiveContextId, callback: outerCallback } = vm;
  vm.current = context;
  vm.effectiveContextId = 0;
  vm.callback = callback;
  vm.depth++;
  let result = 0;
  try {
    result = (guest(context.id, first, second) ?? 0) >>> 0;
  } catch (error) {
    if (!isGuestFault(error)) throw error;
    vm.failure = `${callbackNames[callback]}: ${(error as Error).message}`;
  } finally {
    vm.depth--;
    vm.current = current;
    vm.effectiveContextId = effectiveContextId;
    vm.callback = outerCallback;
  }
  if (vm.stopIteration) {
    vm.stopIteration = false;
    result = iterationStopped;
  }
  while (vm.afterCallActions.length > 0) vm.afterCallActions.shift()!();
  return result;
}

function isGuestFault(error: unknown): boolean {
  return (
    error instanceof WebAssembly.RuntimeError ||
    error instanceof GuestTrap ||
    (error instanceof RangeError && error.message.includes('call stack'))
  );
}

/** The context host calls act on: the effective one where it still exists, else that of the callback. */
export function activeContext(vm: VirtualMachine): Context {
  if (vm.effectiveContextId === 0) return vm.current;
  return vm.contexts.get(vm.effectiveContextId) ?? vm.current;
}

/** The root context above a context, or undefined for the VM's own. */
export function rootOf(context: Context): RootContext | undefined {
  if (context.kind === 'stream') return context.root;
  return context.kind === 'root' ? context : undefined;
}

export function takeContextId(vm: VirtualMachine): number {
  return vm.nextContextId++;
}
