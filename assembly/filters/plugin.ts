import '../runtime/abort';
import { bytesOf } from '../core/bytes';
import { FILTER_CONTINUE, FILTER_STOP, proxy_set_effective_context } from '../runtime/abi';
import { monotonicNanos } from '../runtime/clock';
import { allocateHostBuffer, releaseHostBuffers } from '../runtime/memory';
import { settleAllLeases, settleIdleLeases } from '../runtime/buckets/lease-book';
import { beginReply, NO_GRPC_STATUS, sendReply } from '../runtime/local-reply';
import { LOG_ERROR, LOG_INFO, log, logAlways, setLogThreshold } from '../runtime/log';
import { shareSeed } from '../runtime/ledger';
import { CONFIGURATION_VERSION } from '../runtime/plugin-config';
import { beginRequest } from '../runtime/request';
import { readConfiguration } from './configuration';
import { setCurrentRoot, setNextTick, soonerTick, wantTickWithin } from '../runtime/ticks';
import { currentConfiguration, enterStream, setConfiguration } from './root-contexts';
import { functions } from './section';

/**
 * What every module exports to Envoy. Each callback costs a crossing per request, so there are no more than these;
 * those of the response, and of the end of a stream, are in the entries of the modules that need them.
 */

// Marks the module as one Envoy may run with ABI 0.2.1; Envoy looks at the name only.
export function proxy_abi_version_0_2_1(): void {}

/** Marks the module as ours, for `loadModule`: a foreign one is refused before Envoy starts. */
export function sluice_configuration_version(): u32 {
  return CONFIGURATION_VERSION;
}

export function proxy_on_memory_allocate(size: usize): usize {
  return allocateHostBuffer(size);
}

export function proxy_on_context_create(context: u32, root: u32): void {
  if (root != 0) enterStream(root);
}

/** Refusing (0) keeps the configuration before, if there is one. */
export function proxy_on_configure(root: u32, size: u32): u32 {
  releaseHostBuffers();
  const configuration = readConfiguration(size);
  releaseHostBuffers();
  if (configuration.error.length > 0) {
    logAlways(LOG_ERROR, 'sluice: plugin configuration refused: ' + configuration.error);
    return 0;
  }
  setLogThreshold(configuration.logThreshold);
  setCurrentRoot(root);
  shareSeed();
  settleAllLeases();
  configuration.adopt();
  setConfiguration(root, configuration);
  // What waits may outlive the root that has ticked for it until now.
  for (let index = 0; index < functions.length; index++) if (functions[index].needsTicks) wantTickWithin(1);
  log(LOG_INFO, 'sluice: configured with ' + configuration.summary);
  // The only collection there is: requests make no garbage.
  __collect();
  return 1;
}

export function proxy_on_tick(root: u32): void {
  releaseHostBuffers();
  const nowNanos = monotonicNanos();
  let next = settleIdleLeases(nowNanos);
  for (let index = 0; index < functions.length; index++) next = soonerTick(next, functions[index].tick(nowNanos));
  // Answers to held requests have made their streams the effective context; the timer is the root's.
  proxy_set_effective_context(root);
  setCurrentRoot(root);
  setNextTick(next);
}

export function proxy_on_request_headers(context: u32, _count: u32, _endOfStream: u32): u32 {
  const configuration = currentConfiguration();
  if (configuration === null) return refuseUnconfigured();
  const sections = configuration.sections;
  if (sections.length == 0) return FILTER_CONTINUE;
  releaseHostBuffers();
  beginRequest();
  for (let index = 0; index < sections.length; index++) {
    const action = unchecked(sections[index]).decide(context);
    if (action == FILTER_CONTINUE) continue;
    // A request that one function refuses has spent nothing from another.
    if (action == FILTER_STOP) for (let before = index - 1; before >= 0; before--) unchecked(sections[before]).giveBack();
    return action;
  }
  return FILTER_CONTINUE;
}

const NOT_CONFIGURED = bytesOf('sluice_not_configured');
const NO_SUBJECT = bytesOf('');

/** Envoy never gets here; if it does, a limit must not fail open. */
function refuseUnconfigured(): u32 {
  beginReply();
  sendReply(503, NOT_CONFIGURED, NO_SUBJECT, NOT_CONFIGURED, NO_GRPC_STATUS);
  return FILTER_STOP;
}
