import { Result } from './abi.ts';
import type { RootContext, StreamContext } from './context.ts';
import type { Registrant } from './shared-queue.ts';
import { callbackIndex, invoke, takeContextId, type VirtualMachine } from './vm.ts';

/**
 * The life of a root context: started and configured, replaced by a newer one, shut down when its last stream has
 * ended. Source: proxy-wasm-cpp-host `src/wasm.cc`.
 */
const onContextCreate = callbackIndex('proxy_on_context_create');
const onVmStart = callbackIndex('proxy_on_vm_start');
const onConfigure = callbackIndex('proxy_on_configure');
const onTick = callbackIndex('proxy_on_tick');
const onQueueReady = callbackIndex('proxy_on_queue_ready');
const onDone = callbackIndex('proxy_on_done');
const onDelete = callbackIndex('proxy_on_delete');

/** Runs a new root context up to the end of `proxy_on_vm_start`, which Envoy calls for each; undefined if refused. */
export function startRoot(vm: VirtualMachine, configuration: Uint8Array): RootContext | undefined {
  const root: RootContext = {
    kind: 'root',
    id: takeContextId(vm),
    configuration,
    configurationVisible: true,
    streams: 0,
    state: 'live',
  };
  vm.contexts.set(root.id, root);
  invoke(vm, onContextCreate, root, 0);
  root.configurationVisible = false;
  if (vm.callbacks[onVmStart] === undefined) return vm.failure === undefined ? root : undefined;
  return invoke(vm, onVmStart, root, vm.process.vmConfiguration.length) !== 0 ? root : undefined;
}

/** Runs `proxy_on_configure`; false when the module refuses or traps. */
export function configureRoot(vm: VirtualMachine, root: RootContext): boolean {
  if (vm.callbacks[onConfigure] === undefined) return vm.failure === undefined;
  root.configurationVisible = true;
  const accepted = invoke(vm, onConfigure, root, root.configuration.length) !== 0;
  root.configurationVisible = false;
  return accepted && vm.failure === undefined;
}

/** `WasmBase::startShutdown` of one root: `proxy_on_done`, then `proxy_on_delete` at once or after `proxy_done`. */
export function shutDownRoot(vm: VirtualMachine, root: RootContext): void {
  if (vm.failure === undefined && vm.callbacks[onDone] !== undefined && invoke(vm, onDone, root) === 0) {
    root.state = 'waitingForDone';
    return;
  }
  deleteRoot(vm, root);
}

/** `proxy_done`: lets a root that asked to wait be deleted once the callback has returned. */
export function finishRoot(vm: VirtualMachine, root: RootContext): number {
  if (root.state !== 'waitingForDone') return Result.notFound;
  vm.afterCallActions.push(() => deleteRoot(vm, root));
  return Result.ok;
}

function deleteRoot(vm: VirtualMachine, root: RootContext): void {
  invoke(vm, onDelete, root);
  root.state = 'deleted';
  vm.contexts.delete(root.id);
  vm.timers.delete(root.id);
}

/** Ends a stream context and, when it was the last of a superseded root, that root. */
export function deleteStream(vm: VirtualMachine, stream: StreamContext): void {
  vm.contexts.delete(stream.id);
  stream.root.streams--;
  if (stream.root.streams === 0 && stream.root.state === 'superseded') shutDownRoot(vm, stream.root);
}

/** Replaces a root for new streams; it goes when its last stream has ended. */
export function supersedeRoot(vm: VirtualMachine, root: RootContext): void {
  if (root.state !== 'live') return;
  root.state = 'superseded';
  if (root.streams === 0) shutDownRoot(vm, root);
}

/** Runs a tick and arms the next from now, as Envoy's `Wasm::tickHandler` does. */
export function tick(vm: VirtualMachine, rootContextId: number): void {
  const root = vm.contexts.get(rootContextId);
  const timer = vm.timers.get(rootContextId);
  if (timer === undefined) return;
  timer.dueNanos = undefined;
  if (root !== undefined) invoke(vm, onTick, root);
  if (timer.periodNanos > 0n) timer.dueNanos = vm.process.clock.now() + timer.periodNanos;
}

/** Tells a root context that a queue has something. */
export function queueReady(vm: VirtualMachine, registrant: Registrant, token: number): void {
  const root = vm.contexts.get(registrant.rootContextId);
  if (root !== undefined) invoke(vm, onQueueReady, root, token);
}
