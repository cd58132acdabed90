/** Entry of sluice.wasm: every function in one plugin, one pass a request. */
import { FILTER_CONTINUE } from './runtime/abi';
import { releaseHostBuffers } from './runtime/memory';
import { watchDone, watchResponseHeaders, watchResponseTrailers } from './filters/circuit-breaker/callbacks';
import { CircuitBreaking } from './filters/circuit-breaker/circuit-breaking';
import { forgetStream, QuotaScheduling } from './filters/quota-scheduler/quota-scheduling';
import { RateLimiting } from './filters/rate-limit/rate-limiting';
import { writeResponseMark } from './filters/rate-limit/response-mark';
import { functions } from './filters/section';

export * from './filters/plugin';

// The order of the pass: the cheapest refusal first; limits that refuse come before the one that may hold, so that nobody waits in vain.
functions.push(new CircuitBreaking());
functions.push(new RateLimiting());
functions.push(new QuotaScheduling());

export function proxy_on_response_headers(context: u32, _count: u32, endOfStream: u32): u32 {
  releaseHostBuffers();
  watchResponseHeaders(context, endOfStream != 0);
  writeResponseMark(context);
  return FILTER_CONTINUE;
}

export function proxy_on_response_trailers(context: u32, _count: u32): u32 {
  releaseHostBuffers();
  watchResponseTrailers(context);
  return FILTER_CONTINUE;
}

/** A stream, or a root context of a former configuration, is done: 1, nothing is left to do for it. */
export function proxy_on_done(context: u32): u32 {
  forgetStream(context);
  watchDone(context);
  return 1;
}
