import { FILTER_CONTINUE } from '../runtime/abi';
import { releaseHostBuffers } from '../runtime/memory';
import { editRequestTrailers, editResponseTrailers } from './header-mutation/later-phases';

/** Exported by modules with header rules. Envoy calls these for messages that have trailers alone. */
export function proxy_on_request_trailers(context: u32, _count: u32): u32 {
  releaseHostBuffers();
  editRequestTrailers(context);
  return FILTER_CONTINUE;
}

export function proxy_on_response_trailers(context: u32, _count: u32): u32 {
  releaseHostBuffers();
  editResponseTrailers(context);
  return FILTER_CONTINUE;
}
