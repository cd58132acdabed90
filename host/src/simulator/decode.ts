import { HeadersStatus } from './abi.ts';
import type { ActiveStream, Phase } from './active-stream.ts';
import { sendReply } from './encode.ts';
import { failStreamReply } from './local-reply.ts';
import { callbackIndex, invoke } from './vm.ts';

/**
 * The request's way through the filter: headers, body, trailers, until it is admitted, held or answered. A local reply
 * asked for in a request callback is sent when that callback has returned; whatever it returns, the request goes no
 * further. Source: Envoy `FilterManager::decodeHeaders`, cpp-host `ContextBase::onRequestHeaders`.
 */
export function startDecoding(stream: ActiveStream): void {
  runDecoding(stream, 'headers');
}

/** Continues a held request with what comes next; does nothing when it is not held. */
export function resumeDecoding(stream: ActiveStream): void {
  const next = stream.decodeNext;
  stream.decodeNext = undefined;
  if (next !== undefined) runDecoding(stream, next);
}

const onRequestHeaders = callbackIndex('proxy_on_request_headers');
const onRequestBody = callbackIndex('proxy_on_request_body');
const onRequestTrailers = callbackIndex('proxy_on_request_trailers');

function runDecoding(stream: ActiveStream, from: Phase): void {
  const { headers, body, trailers } = stream;
  const context = stream.context!;
  if (from === 'headers') {
    context.requestHeaders = headers;
    const last = body === undefined && trailers === undefined;
    if (!decode(stream, onRequestHeaders, headers.length / 2, last, HeadersStatus.continueAndEndStream)) {
      hold(stream, 'body', 'requestHeaders');
      return;
    }
    context.requestHeaders = undefined;
  }
  if ((from === 'headers' || from === 'body') && body !== undefined) {
    context.requestBody = body;
    if (!decode(stream, onRequestBody, body.bytes.length, trailers === undefined, 0)) {
      hold(stream, 'trailers', 'requestBody');
      return;
    }
    stream.addedTrailers = context.requestTrailers;
    context.requestBody = undefined;
    context.requestTrailers = undefined;
  }
  if (from !== 'done' && trailers !== undefined) {
    context.requestTrailers = trailers;
    if (!decode(stream, onRequestTrailers, trailers.length / 2, false, 0)) {
      hold(stream, 'done', 'requestTrailers');
      return;
    }
    context.requestTrailers = undefined;
  }
  stream.settle({ kind: 'admitted', atNanos: stream.process.clock.now(), bypassed: false });
}

/** Gives the filter one part of the request; returns whether the chain goes on. */
function decode(
  stream: ActiveStream,
  callback: number,
  size: number,
  endOfStream: boolean,
  otherContinue: number,
): boolean {
  const vm = stream.vm!;
  stream.context!.endOfStream = endOfStream;
  stream.continueRequested = false;
  stream.decoding = true;
  const failedBefore = vm.failure !== undefined;
  const status = invoke(vm, callback, stream.context!, size, endOfStream ? 1 : 0);
  stream.decoding = false;
  if (vm.failure !== undefined) {
    failStream(stream, failedBefore);
    return false;
  }
  if (stream.pendingReply !== undefined) {
    const reply = stream.pendingReply;
    stream.pendingReply = undefined;
    sendReply(stream, reply);
    return false;
  }
  if (stream.outcome.kind === 'reset') stream.finish();
  if (stream.ended) return false;
  return status === 0 || status === otherContinue || stream.continueRequested;
}

function hold(
  stream: ActiveStream,
  next: Phase,
  where: 'requestHeaders' | 'requestBody' | 'requestTrailers',
): void {
  if (stream.ended || stream.outcome.kind !== 'held' || stream.encoding !== undefined) return;
  stream.decodeNext = next;
  stream.settle({ kind: 'held', atNanos: stream.outcome.atNanos, in: where });
}

/** cpp-host `CHECK_FAIL_HTTP`: the VM is gone, with this request's callback or before it, and the client gets 503. */
export function failStream(stream: ActiveStream, failedBefore: boolean): void {
  if (stream.failureReplySent) return;
  stream.failureReplySent = true;
  if (failedBefore) {
    sendReply(stream, failStreamReply);
    return;
  }
  stream.settle({
    kind: 'trapped',
    atNanos: stream.process.clock.now(),
    status: 503,
    details: failStreamReply.details,
    message: stream.vm?.failure ?? '',
  });
  stream.finish();
}
