import { bytesOf } from '../../core/bytes';
import {
  HEADER_MAP_RESPONSE,
  HEADER_MAP_RESPONSE_TRAILERS,
  proxy_get_header_map_value,
  RESULT_OK,
} from '../../runtime/abi';
import { closeCallNote, findCallNote } from '../../runtime/call-notes';
import { releaseHostBuffers, resultPointer, resultSize } from '../../runtime/memory';
import { configurationOf } from '../root-contexts';
import { CircuitBreakerSection } from './circuit-breaking';
import { awaitsGrpcStatus, endCall, noteGrpcStatus, noteHeaders, rootOfCall } from './filter';

/** What the callbacks of the response phase do for circuit breaking; the entry files export them. */

const GRPC_STATUS = bytesOf('grpc-status');

export function watchResponseHeaders(context: u32, isWhole: bool): void {
  const note = findCallNote(context);
  if (note == 0) return;
  noteHeaders(note);
  // A response without body may be one of gRPC whose trailers are its headers.
  if (isWhole && awaitsGrpcStatus(note)) readGrpcStatus(note, HEADER_MAP_RESPONSE);
}

export function watchResponseTrailers(context: u32): void {
  const note = findCallNote(context);
  if (note != 0 && awaitsGrpcStatus(note)) readGrpcStatus(note, HEADER_MAP_RESPONSE_TRAILERS);
}

export function watchDone(context: u32): void {
  const note = findCallNote(context);
  if (note == 0) return;
  releaseHostBuffers();
  const configuration = configurationOf(rootOfCall(note));
  // The section, if there is one, is the first: see the entry files.
  if (configuration !== null && configuration.sections.length > 0 && configuration.sections[0] instanceof CircuitBreakerSection) {
    endCall((configuration.sections[0] as CircuitBreakerSection).breakers, note);
  }
  closeCallNote(note);
}

/** One or two digits; anything else is no gRPC status. */
function readGrpcStatus(note: usize, map: i32): void {
  const name = changetype<usize>(GRPC_STATUS);
  if (proxy_get_header_map_value(map, name, GRPC_STATUS.length, resultPointer, resultSize) != RESULT_OK) return;
  const text = load<usize>(resultPointer);
  const length = load<i32>(resultSize);
  if (length < 1 || length > 2) return;
  let status: u32 = 0;
  for (let offset = 0; offset < length; offset++) {
    const digit = <u32>load<u8>(text + offset) - 48;
    if (digit > 9) return;
    status = status * 10 + digit;
  }
  noteGrpcStatus(note, status);
}
