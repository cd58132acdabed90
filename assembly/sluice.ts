/** Entry of sluice.wasm: every function in one plugin, one pass a request. */
import { FILTER_CONTINUE } from './runtime/abi';
import { releaseHostBuffers } from './runtime/memory';
import { QuotaScheduling } from './filters/quota-scheduler/quota-scheduling';
import { RateLimiting } from './filters/rate-limit/rate-limiting';
import { writeResponseMark } from './filters/rate-limit/response-mark';
import { functions } from './filters/section';

export * from './filters/plugin';
export * from './filters/held-streams';

// The order of the pass: limits that refuse come before the one that may hold, so that nobody waits in vain.
functions.push(new RateLimiting());
functions.push(new QuotaScheduling());

export function proxy_on_response_headers(context: u32, _count: u32, _endOfStream: u32): u32 {
  releaseHostBuffers();
  writeResponseMark(context);
  return FILTER_CONTINUE;
}
