import { addHeader, createHeaderMap, firstHeader, type HeaderMap, removeHeader } from './header-map.ts';

/** The answer a filter asks Envoy to make. */
export interface LocalReplyRequest {
  status: number;
  details: string;
  body: string;
  headers: HeaderMap;
  /** As passed to `proxy_send_local_response`: −1 for none, 0…16. */
  grpcStatus: number;
}

/** The answer as Envoy begins to encode it, before any filter has seen it. */
export interface PreparedLocalReply {
  headers: HeaderMap;
  /** What is sent as body: empty for HEAD and for gRPC, where it travels in `grpc-message`. */
  body: string;
}

/** `Context::failStream`: what a request gets when its VM has failed. */
export const failStreamReply: LocalReplyRequest = {
  status: 503,
  details: 'wasm_fail_stream',
  body: '',
  headers: [],
  grpcStatus: 14,
};

/**
 * Envoy's `Utility::prepareLocalReply` (source/common/http/utility.cc) without local-reply rewriting: the guest's
 * headers are added after `:status`; a body sets `content-length` and, unless given, `content-type: text/plain`; an
 * empty one removes both; a gRPC request gets status 200 and a trailers-only answer.
 */
export function prepareLocalReply(reply: LocalReplyRequest, requestHeaders: HeaderMap): PreparedLocalReply {
  const headers = createHeaderMap([[':status', String(reply.status)]]);
  for (let index = 0; index < reply.headers.length; index += 2) {
    addHeader(headers, reply.headers[index]!, reply.headers[index + 1]!);
  }
  const isHead = firstHeader(requestHeaders, ':method') === 'HEAD';
  if (isGrpcRequest(requestHeaders)) {
    setHeader(headers, ':status', '200');
    setHeader(headers, 'content-type', 'application/grpc');
    if ((firstHeader(headers, 'grpc-status') ?? '') === '') {
      const known = reply.grpcStatus >= 0 && reply.grpcStatus <= 16;
      setHeader(headers, 'grpc-status', String(known ? reply.grpcStatus : grpcStatusOf(reply.status)));
    }
    if (reply.body !== '' && !isHead) setHeader(headers, 'grpc-message', percentEncode(reply.body));
    removeHeader(headers, 'content-length');
    return { headers, body: '' };
  }
  if (reply.body === '') {
    removeHeader(headers, 'content-length');
    removeHeader(headers, 'content-type');
  } else {
    setHeader(headers, 'content-length', String(Buffer.byteLength(reply.body)));
    if (firstHeader(headers, 'content-type') === undefined) addHeader(headers, 'content-type', 'text/plain');
  }
  return { headers, body: isHead ? '' : reply.body };
}

/** Envoy's `Grpc::Common::isGrpcRequestHeaders`: content type `application/grpc`, or that and `+…`. */
export function isGrpcRequest(requestHeaders: HeaderMap): boolean {
  const contentType = firstHeader(requestHeaders, 'content-type');
  return contentType === 'application/grpc' || (contentType?.startsWith('application/grpc+') ?? false);
}

/** Envoy's `Grpc::Utility::httpToGrpcStatus`. */
function grpcStatusOf(httpStatus: number): number {
  switch (httpStatus) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

/** Overwrites in place, or adds. */
function setHeader(map: HeaderMap, name: string, value: string): void {
  for (let index = 0; index < map.length; index += 2) {
    if (map[index] === name) {
      map[index + 1] = value;
      return;
    }
  }
  addHeader(map, name, value);
}

/** Bytes outside the printable ASCII range, and `%`, as `%XX`. */
function percentEncode(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
