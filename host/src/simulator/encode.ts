import { HeadersStatus } from './abi.ts';
import type { ActiveStream, Phase } from './active-stream.ts';
import type { Body } from './context.ts';
import { firstHeader, type HeaderMap, headerPairs } from './header-map.ts';
import { failStreamReply, isGrpcRequest, type LocalReplyRequest, prepareLocalReply } from './local-reply.ts';
import { callbackIndex, invoke } from './vm.ts';

/** A response on its way through the filter to the client. */
export interface Encoding {
  headers: HeaderMap;
  body: Body | undefined;
  trailers: HeaderMap | undefined;
  /** Made by the filter while it had the body. */
  addedTrailers: HeaderMap | undefined;
  next: Phase;
  /** The filter holds it before `next`. */
  stopped: boolean;
  /** Set when this is a local reply. */
  localReply: LocalReplyRequest | undefined;
  /** Details of the local reply that took the place of a response. */
  replacedBy: string | undefined;
}

const onResponseHeaders = callbackIndex('proxy_on_response_headers');
const onResponseBody = callbackIndex('proxy_on_response_body');
const onResponseTrailers = callbackIndex('proxy_on_response_trailers');

export function startEncoding(
  stream: ActiveStream,
  headers: HeaderMap,
  body: Body | undefined,
  trailers: HeaderMap | undefined,
  localReply: LocalReplyRequest | undefined,
): void {
  const { attributes } = stream;
  attributes.responseStatus = Number(firstHeader(headers, ':status') ?? 0);
  attributes.responseDetails = localReply?.details ?? 'via_upstream';
  stream.encoding = {
    headers,
    body,
    trailers,
    addedTrailers: undefined,
    next: 'headers',
    stopped: false,
    localReply,
    replacedBy: undefined,
  };
  runEncoding(stream, stream.encoding);
}

/** Continues a held response; does nothing when it is not held. */
export function resumeEncoding(stream: ActiveStream, encoding: Encoding): void {
  if (!encoding.stopped) return;
  encoding.stopped = false;
  runEncoding(stream, encoding);
}

/**
 * Envoy's `DownstreamFilterManager::sendLocalReply`. Before there is a response it passes **all** encoder filters, the
 * one that asked included (`encodeHeaders(nullptr, …)`; verified on Envoy 1.40, where the request headers can still be
 * read then). While a response is in the filter it goes straight to the client in its place. Once headers are out,
 * all that is left is to reset the stream.
 */
export function sendReply(stream: ActiveStream, reply: LocalReplyRequest): void {
  const prepared = prepareLocalReply(reply, stream.headers);
  const body = prepared.body === '' ? undefined : { bytes: Buffer.from(prepared.body) };
  const { encoding } = stream;
  if (encoding === undefined) {
    stream.decodeNext = undefined;
    startEncoding(stream, prepared.headers, body, undefined, reply);
  } else if (encoding.next === 'headers' || (encoding.next === 'body' && encoding.stopped)) {
    encoding.headers = prepared.headers;
    encoding.body = body;
    encoding.trailers = undefined;
    encoding.next = 'done';
    encoding.stopped = false;
    encoding.replacedBy = reply.details;
    if (encoding.localReply !== undefined) encoding.localReply = reply;
    if (!stream.encodingCallback) runEncoding(stream, encoding);
  } else {
    stream.reset();
  }
}

function runEncoding(stream: ActiveStream, encoding: Encoding): void {
  const { context } = stream;
  if (encoding.next === 'headers') {
    if (context !== undefined) context.responseHeaders = encoding.headers;
    const last = encoding.body === undefined && encoding.trailers === undefined;
    const count = encoding.headers.length / 2;
    const otherContinue = HeadersStatus.continueAndEndStream;
    if (!encode(stream, encoding, 'body', onResponseHeaders, count, last, otherContinue)) return;
    if (context !== undefined) context.responseHeaders = undefined;
  }
  if (encoding.next === 'body') {
    if (encoding.body !== undefined) {
      if (context !== undefined) context.responseBody = encoding.body;
      const last = encoding.trailers === undefined;
      const size = encoding.body.bytes.length;
      if (!encode(stream, encoding, 'trailers', onResponseBody, size, last, 0)) return;
      if (context !== undefined) {
        encoding.addedTrailers = context.responseTrailers;
        context.responseBody = undefined;
        context.responseTrailers = undefined;
      }
    }
    encoding.next = 'trailers';
  }
  if (encoding.next === 'trailers' && encoding.trailers !== undefined) {
    if (context !== undefined) context.responseTrailers = encoding.trailers;
    const count = encoding.trailers.length / 2;
    if (!encode(stream, encoding, 'done', onResponseTrailers, count, false, 0)) return;
  }
  encoding.next = 'done';
  complete(stream, encoding);
}

/** Gives the filter one part of a response; false when it holds the response there or the stream is gone. */
function encode(
  stream: ActiveStream,
  encoding: Encoding,
  following: Phase,
  callback: number,
  size: number,
  endOfStream: boolean,
  otherContinue: number,
): boolean {
  const { context, vm } = stream;
  let status = 0;
  if (context !== undefined && vm !== undefined && !stream.failureReplySent) {
    context.endOfStream = endOfStream;
    stream.encodingCallback = true;
    stream.continueResponseRequested = false;
    status = invoke(vm, callback, context, size, endOfStream ? 1 : 0);
    if (vm.failure !== undefined) {
      stream.failureReplySent = true;
      sendReply(stream, failStreamReply);
    }
    stream.encodingCallback = false;
  }
  if (stream.outcome.kind === 'reset') {
    stream.finish();
    return false;
  }
  if (encoding.next === 'done') return true; // a local reply has taken its place
  encoding.next = following;
  encoding.stopped = status !== 0 && status !== otherContinue && !stream.continueResponseRequested;
  if (encoding.stopped && encoding.localReply !== undefined) {
    stream.settle({ kind: 'held', atNanos: stream.outcome.atNanos, in: 'localReply' });
  }
  return !encoding.stopped;
}

/** The response is with the client; a local reply is then the outcome, and ends the stream. */
function complete(stream: ActiveStream, encoding: Encoding): void {
  const { attributes, headers: requestHeaders } = stream;
  const reply = encoding.localReply;
  attributes.responseStatus = Number(firstHeader(encoding.headers, ':status') ?? 0);
  attributes.responseDetails = encoding.replacedBy ?? reply?.details ?? 'via_upstream';
  if (reply === undefined) return;
  const grpcStatus = isGrpcRequest(requestHeaders) ? firstHeader(encoding.headers, 'grpc-status') : undefined;
  stream.settle({
    kind: 'localReply',
    atNanos: stream.process.clock.now(),
    status: attributes.responseStatus,
    details: attributes.responseDetails,
    body: encoding.body === undefined ? '' : Buffer.from(encoding.body.bytes).toString('utf8'),
    headers: headerPairs(encoding.headers),
    grpcStatus: grpcStatus === undefined ? undefined : Number(grpcStatus),
    requested: { status: reply.status, grpcStatus: reply.grpcStatus, body: reply.body },
  });
  stream.finish();
}
