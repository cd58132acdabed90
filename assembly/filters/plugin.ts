import '../runtime/abort';
import { bytesOf } from '../core/bytes';
import { FILTER_CONTINUE, FILTER_STOP } from '../runtime/abi';
import { allocateHostBuffer, releaseHostBuffers } from '../runtime/memory';
import { settleAllLeases, settleIdleLeases } from '../runtime/buckets/lease-book';
import { beginReply, NO_GRPC_STATUS, sendReply } from '../runtime/local-reply';
import { LOG_ERROR, LOG_INFO, log, logAlways, setLogThreshold } from '../runtime/log';
import { shareSeed } from '../runtime/ledger';
import { CONFIGURATION_VERSION } from '../runtime/plugin-config';
import { beginRequest } from '../runtime/request';
import { readConfiguration } from './configuration';
import { limitRequest } from './rate-limit/filter';
import { currentConfiguration, enterStream, setConfiguration } from './root-contexts';

/**
 * What every module exports to Envoy. Each callback costs a crossing per request, so there are no more than these;
 * `proxy_on_response_headers` is in sluice.ts alone.
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
  shareSeed();
  settleAllLeases();
  configuration.createRecords();
  setConfiguration(root, configuration);
  log(LOG_INFO, 'sluice: configured with ' + configuration.rateLimits.rules.length.toString() + ' rate-limit rules');
  // The only collection there is: requests make no garbage.
  __collect();
  return 1;
}

export function proxy_on_tick(_root: u32): void {
  releaseHostBuffers();
  settleIdleLeases();
}

export function proxy_on_request_headers(context: u32, _count: u32, _endOfStream: u32): u32 {
  const configuration = currentConfiguration();
  if (configuration === null) return refuseUnconfigured();
  if (configuration.rateLimits.rules.length == 0) return FILTER_CONTINUE;
  releaseHostBuffers();
  beginRequest();
  return limitRequest(configuration.rateLimits, context);
}

const NOT_CONFIGURED = bytesOf('sluice_not_configured');
const NO_SUBJECT = bytesOf('');

/** Envoy never gets here; if it does, a limit must not fail open. */
function refuseUnconfigured(): u32 {
  beginReply();
  sendReply(503, NOT_CONFIGURED, NO_SUBJECT, NOT_CONFIGURED, NO_GRPC_STATUS);
  return FILTER_STOP;
}
