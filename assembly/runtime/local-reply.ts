import { proxy_send_local_response } from './abi';
import { writeDecimal } from '../core/bytes';

/** An answer made by the proxy. Its headers are written into one fixed buffer, in the host's pair format. */
const MOST_HEADERS: u32 = 64;
export const MOST_HEADER_BYTES: i32 = 16 * 1024;
const sizes: usize = memory.data(4 + 64 * 8, 8);
const data: usize = memory.data(16 * 1024, 8);
const assembled: usize = memory.data(4 + 64 * 8 + 16 * 1024, 8);

/** No gRPC status: the reply is plain HTTP. */
export const NO_GRPC_STATUS: u32 = u32.MAX_VALUE;

let count: u32 = 0;
let used: i32 = 0;

export function beginReply(): void {
  count = 0;
  used = 0;
}

/** Adds a header; one that has no room any more is left out (configurations are checked for this size). */
export function addReplyHeader(name: StaticArray<u8>, value: usize, valueLength: i32): void {
  if (count == MOST_HEADERS || used + name.length + valueLength + 2 > MOST_HEADER_BYTES) return;
  store<u32>(sizes + (<usize>count << 3), name.length);
  store<u32>(sizes + (<usize>count << 3) + 4, valueLength);
  memory.copy(data + used, changetype<usize>(name), name.length);
  used += name.length;
  store<u8>(data + used, 0);
  memory.copy(data + used + 1, value, valueLength);
  used += valueLength + 1;
  store<u8>(data + used, 0);
  used += 1;
  count++;
}

const decimal: usize = memory.data(24, 8);

export function addReplyNumber(name: StaticArray<u8>, value: u64): void {
  addReplyHeader(name, decimal, writeDecimal(decimal, value));
}

const MOST_DETAILS_BYTES: i32 = 256;
const details: usize = memory.data(256, 8);

/**
 * Ends the stream at hand with this answer. Prefix and subject together, cut to 256 bytes, show as
 * %RESPONSE_CODE_DETAILS% in access logs.
 */
export function sendReply(
  status: u32,
  detailsPrefix: StaticArray<u8>,
  detailsSubject: StaticArray<u8>,
  body: StaticArray<u8>,
  grpcStatus: u32,
): void {
  store<u32>(assembled, count);
  const sizesBytes = <usize>count << 3;
  memory.copy(assembled + 4, sizes, sizesBytes);
  memory.copy(assembled + 4 + sizesBytes, data, used);
  const subjectBytes = min(detailsSubject.length, MOST_DETAILS_BYTES - detailsPrefix.length);
  memory.copy(details, changetype<usize>(detailsPrefix), detailsPrefix.length);
  memory.copy(details + detailsPrefix.length, changetype<usize>(detailsSubject), subjectBytes);
  proxy_send_local_response(
    status,
    details,
    detailsPrefix.length + subjectBytes,
    changetype<usize>(body),
    body.length,
    assembled,
    4 + sizesBytes + used,
    grpcStatus,
  );
}
