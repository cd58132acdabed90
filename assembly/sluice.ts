/** Entry of sluice.wasm: every function in one plugin, one pass a request. */
import { FILTER_CONTINUE } from './runtime/abi';
import { releaseHostBuffers } from './runtime/memory';
import { HeaderMutation } from './filters/header-mutation/header-mutation';
import { editResponseHeaders } from './filters/header-mutation/later-phases';
import { QuotaScheduling } from './filters/quota-scheduler/quota-scheduling';
import { RateLimiting } from './filters/rate-limit/rate-limiting';
import { writeResponseMark } from './filters/rate-limit/response-mark';
import { functions } from './filters/section';

export * from './filters/plugin';
export * from './filters/edited-trailers';
export * from './filters/held-streams';

// The order of the pass: limits that refuse come before the one that may hold, so that nobody waits in vain.
functions.push(new RateLimiting());
functions.push(new QuotaScheduling());
// Sees each request twice: before the others for edits that must precede matching, and after them for the rest.
functions.push(new HeaderMutation());

export function proxy_on_response_headers(context: u32, _count: u32, _endOfStream: u32): u32 {
  releaseHostBuffers();
  writeResponseMark(context);
  editResponseHeaders(context);
  return FILTER_CONTINUE;
}
