/** Entry of header-mutation.wasm: header rules alone. */
import { FILTER_CONTINUE } from '../../runtime/abi';
import { releaseHostBuffers } from '../../runtime/memory';
import { functions } from '../section';
import { HeaderMutation } from './header-mutation';
import { editResponseHeaders } from './later-phases';

export * from '../plugin';
export * from '../edited-trailers';

functions.push(new HeaderMutation());

export function proxy_on_response_headers(context: u32, _count: u32, _endOfStream: u32): u32 {
  releaseHostBuffers();
  editResponseHeaders(context);
  return FILTER_CONTINUE;
}
