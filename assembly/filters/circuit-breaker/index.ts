/** Entry of circuit-breaker.wasm: circuit breaking alone. */
import { FILTER_CONTINUE } from '../../runtime/abi';
import { releaseHostBuffers } from '../../runtime/memory';
import { functions } from '../section';
import { watchDone, watchResponseHeaders, watchResponseTrailers } from './callbacks';
import { CircuitBreaking } from './circuit-breaking';

export * from '../plugin';

functions.push(new CircuitBreaking());

export function proxy_on_response_headers(context: u32, _count: u32, endOfStream: u32): u32 {
  releaseHostBuffers();
  watchResponseHeaders(context, endOfStream != 0);
  return FILTER_CONTINUE;
}

export function proxy_on_response_trailers(context: u32, _count: u32): u32 {
  releaseHostBuffers();
  watchResponseTrailers(context);
  return FILTER_CONTINUE;
}

/** A stream, or a root context of a former configuration, is done: 1, nothing is left to do for it. */
export function proxy_on_done(context: u32): u32 {
  watchDone(context);
  return 1;
}
