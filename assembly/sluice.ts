/** Entry of sluice.wasm: every function in one plugin, one pass a request. */
import { FILTER_CONTINUE } from './runtime/abi';
import { releaseHostBuffers } from './runtime/memory';
import { writeResponseMark } from './filters/rate-limit/response-mark';

export * from './filters/plugin';

export function proxy_on_response_headers(context: u32, _count: u32, _endOfStream: u32): u32 {
  releaseHostBuffers();
  writeResponseMark(context);
  return FILTER_CONTINUE;
}
