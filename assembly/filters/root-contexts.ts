import { proxy_set_effective_context, RESULT_OK } from '../runtime/abi';
import { setCurrentRoot } from '../runtime/ticks';
import { Configuration } from './configuration';

/**
 * The configurations of this VM: one a root context. Envoy makes a new root context for every update, in the same
 * VM, and several plugins may share a VM, so a stream's configuration is that of the root it was created under.
 */
const ids: u32[] = [];
const configurations: Configuration[] = [];

/** Configuration of the stream at hand. Envoy creates a stream's context right before its first callback. */
let current: Configuration | null = null;
let currentId: u32 = 0;

export function setConfiguration(root: u32, configuration: Configuration): void {
  dropDeadRoots(root);
  let index = ids.indexOf(root);
  if (index < 0) {
    index = ids.push(root) - 1;
    configurations.push(configuration);
  } else {
    configurations[index] = configuration;
  }
  current = configuration;
  currentId = root;
  setCurrentRoot(root);
}

/** Notes under which root the next stream runs. */
export function enterStream(root: u32): void {
  if (root == currentId) return;
  const index = ids.indexOf(root);
  current = index < 0 ? null : unchecked(configurations[index]);
  currentId = root;
  setCurrentRoot(root);
}

/** The configuration of a root; null when it is gone. */
export function configurationOf(root: u32): Configuration | null {
  if (root == currentId) return current;
  const index = ids.indexOf(root);
  return index < 0 ? null : unchecked(configurations[index]);
}

/** Null when the stream's root never was configured. */
export function currentConfiguration(): Configuration | null {
  return current;
}

/** Lets go of roots that Envoy has deleted: making one the effective context fails. Costs nothing per request. */
function dropDeadRoots(caller: u32): void {
  for (let index = ids.length - 1; index >= 0; index--) {
    if (ids[index] == caller || proxy_set_effective_context(ids[index]) == RESULT_OK) continue;
    ids.splice(index, 1);
    configurations.splice(index, 1);
  }
  proxy_set_effective_context(caller);
}
