import { bytesOf } from '../core/bytes';
import { JsonReader } from '../runtime/json-reader';
import { MOST_HEADER_BYTES } from '../runtime/local-reply';
import { isHeaderName, isHeaderValue, readStrings } from './matching/read-text';
import { RefusalReply, ReplyHeader } from './refusal-reply';

const STATUS = bytesOf('status');
const BODY = bytesOf('body');
const HEADERS = bytesOf('headers');
const GRPC_STATUS = bytesOf('grpcStatus');
const RATE_LIMIT_HEADERS = bytesOf('rateLimitHeaders');

/** Reads the answer to refused requests into `reply`, which has the defaults; its status is `leastStatus` or more. */
export function readResponse(reader: JsonReader, reply: RefusalReply, leastStatus: u64 = 400): void {
  if (!reader.enterObject()) return;
  while (reader.nextField()) {
    if (reader.fieldIs(STATUS)) reply.status = <u32>reader.readWhole(leastStatus, 599);
    else if (reader.fieldIs(BODY)) reply.body = reader.readString();
    else if (reader.fieldIs(HEADERS)) reply.headers = readReplyHeaders(reader);
    else if (reader.fieldIs(GRPC_STATUS)) reply.grpcStatus = <u32>reader.readWhole(1, 16);
    else if (reader.fieldIs(RATE_LIMIT_HEADERS)) reply.tellsLimit = reader.readBoolean();
    else reader.refuseField();
  }
}

/** Pairs of name and value; what could break out of a header is refused here too (RFC 9110 §5). */
function readReplyHeaders(reader: JsonReader): ReplyHeader[] {
  const headers: ReplyHeader[] = [];
  let bytes = 0;
  if (!reader.enterArray()) return headers;
  for (let index = 0; reader.nextItem(index); index++) {
    const pair = readStrings(reader);
    if (pair.length != 2 || !isHeaderName(pair[0]) || !isHeaderValue(pair[1])) {
      reader.refuse('expected a pair of header name and value, without control characters');
      return headers;
    }
    bytes += pair[0].length + pair[1].length + 2;
    headers.push(new ReplyHeader(pair[0], pair[1]));
  }
  if (headers.length > 48 || bytes > MOST_HEADER_BYTES - 512) reader.refuse('expected at most 48 headers of 15 KiB together');
  return headers;
}
