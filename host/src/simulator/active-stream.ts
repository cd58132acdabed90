import type { Body, StreamAttributes, StreamContext, StreamControl } from './context.ts';
import { resumeDecoding } from './decode.ts';
import { type Encoding, resumeEncoding, sendReply, startEncoding } from './encode.ts';
import {
  addHeader,
  createHeaderMap,
  firstHeader,
  type HeaderMap,
  type HeaderPair,
  headerPairs,
} from './header-map.ts';
import type { LocalReplyRequest } from './local-reply.ts';
import type { ProxyProcess } from './process.ts';
import { deleteStream } from './root.ts';
import type { Outcome, ResponseOptions, ResponseResult, Stream } from './stream.ts';
import { type UpstreamFailure, upstreamFailures } from './upstream-failure.ts';
import { callbackIndex, invoke, type VirtualMachine } from './vm.ts';

/** Where a message stands: what the filter is given next. */
export type Phase = 'headers' | 'body' | 'trailers' | 'done';

/** What a stream is made of at its beginning. */
export interface StreamParts {
  process: ProxyProcess;
  /** Number of the worker, from 0. */
  worker: number;
  requestHeaders: HeaderMap;
  requestBody: Body | undefined;
  requestTrailers: HeaderMap | undefined;
  attributes: StreamAttributes;
}

const onLog = callbackIndex('proxy_on_log');
const onDone = callbackIndex('proxy_on_done');
const onDelete = callbackIndex('proxy_on_delete');

/**
 * One request as the simulator keeps it; `decode.ts` and `encode.ts` move it along. A class because a million of
 * them are made in a run: methods on a prototype cost nothing per stream.
 */
export class ActiveStream implements Stream, StreamControl {
  readonly process: ProxyProcess;
  readonly worker: number;
  readonly attributes: StreamAttributes;
  readonly headers: HeaderMap;
  readonly body: Body | undefined;
  readonly trailers: HeaderMap | undefined;
  /** Request trailers the filter made while it had the body. */
  addedTrailers: HeaderMap | undefined;
  /** Both undefined when no filter runs, and the VM also when it had failed before. */
  vm: VirtualMachine | undefined;
  context: StreamContext | undefined;

  outcome: Outcome;
  ended = false;
  onOutcome: ((outcome: Outcome) => void) | undefined;

  /** A request callback is running. */
  decoding = false;
  /** What comes next when the held request is continued, or undefined when it is not held. */
  decodeNext: Phase | undefined;
  /** It was continued by the very callback that then said to hold it. */
  continueRequested = false;
  /** A local reply asked for by the request callback that is running. */
  pendingReply: LocalReplyRequest | undefined;
  encoding: Encoding | undefined;
  /** A response callback is running. */
  encodingCallback = false;
  continueResponseRequested = false;
  /** The 503 of a failed VM is on its way: the filter is not called again. */
  failureReplySent = false;

  constructor(parts: StreamParts) {
    this.process = parts.process;
    this.worker = parts.worker;
    this.headers = parts.requestHeaders;
    this.body = parts.requestBody;
    this.trailers = parts.requestTrailers;
    this.attributes = parts.attributes;
    this.outcome = { kind: 'held', atNanos: parts.attributes.startNanos, in: 'requestHeaders' };
  }

  get id(): number {
    return this.context?.id ?? 0;
  }

  get startNanos(): bigint {
    return this.attributes.startNanos;
  }

  requestHeaders(): HeaderPair[] {
    return headerPairs(this.headers);
  }

  requestBody(): string {
    return textOf(this.body);
  }

  requestTrailers(): HeaderPair[] {
    return headerPairs(this.trailers ?? this.addedTrailers ?? []);
  }

  respond(response: ResponseOptions = {}): ResponseResult {
    if (this.outcome.kind !== 'admitted' || this.ended || this.encoding !== undefined) {
      throw new Error(
        `Expected an admitted request that awaits its response, got one that is ${this.outcome.kind}`,
      );
    }
    const headers = createHeaderMap(response.headers);
    if (firstHeader(headers, ':status') === undefined)
      addHeader(headers, ':status', String(response.status ?? 200));
    const trailers = response.trailers === undefined ? undefined : createHeaderMap(response.trailers);
    startEncoding(this, headers, createBody(response.body), trailers, undefined);
    return this.response()!;
  }

  response(): ResponseResult | undefined {
    const { encoding } = this;
    if (encoding === undefined) return undefined;
    return {
      status: Number(firstHeader(encoding.headers, ':status') ?? 0),
      headers: headerPairs(encoding.headers),
      body: textOf(encoding.body),
      trailers: headerPairs(encoding.trailers ?? encoding.addedTrailers ?? []),
      held: encoding.stopped,
      replacedBy: encoding.replacedBy,
    };
  }

  fail(failure: UpstreamFailure): void {
    if (this.outcome.kind !== 'admitted' || this.ended) {
      throw new Error(`Expected an admitted request that can fail, got one that is ${this.outcome.kind}`);
    }
    const { status, details, flag } = upstreamFailures[failure];
    this.attributes.responseFlags |= 1n << BigInt(flag);
    if (this.encoding === undefined) {
      sendReply(this, {
        status,
        details: details('before'),
        body: details('before'),
        headers: [],
        grpcStatus: -1,
      });
      return;
    }
    this.attributes.responseDetails = details('after');
    this.finish();
  }

  answerLocally({ status, details }: { status: number; details: string }): void {
    if (this.outcome.kind !== 'admitted' || this.ended || this.encoding !== undefined) {
      throw new Error(
        `Expected an admitted request that awaits its response, got one that is ${this.outcome.kind}`,
      );
    }
    sendReply(this, { status, details, body: '', headers: [], grpcStatus: -1 });
  }

  end(): void {
    if (this.ended) return;
    if (this.encoding === undefined && this.outcome.kind === 'admitted') {
      this.attributes.responseDetails = 'downstream_remote_disconnect';
      this.attributes.responseFlags |= 1n << 14n;
    }
    if (this.outcome.kind === 'held') this.settle({ kind: 'gone', atNanos: this.process.clock.now() });
    this.finish();
  }

  clientGone(): void {
    this.end();
  }

  continueRequest(): void {
    if (this.ended || this.outcome.kind !== 'held') return;
    if (this.decoding) this.continueRequested = true;
    else resumeDecoding(this);
  }

  continueResponse(): void {
    if (this.ended || this.encoding === undefined) return;
    if (this.encodingCallback) this.continueResponseRequested = true;
    else resumeEncoding(this, this.encoding);
  }

  reply(reply: LocalReplyRequest): void {
    if (this.ended) return;
    if (this.decoding) this.pendingReply = reply;
    else sendReply(this, reply);
  }

  reset(): void {
    if (this.ended) return;
    this.settle({ kind: 'reset', atNanos: this.process.clock.now() });
    if (!this.decoding && !this.encodingCallback) this.finish();
  }

  settle(outcome: Outcome): void {
    this.outcome = outcome;
    this.onOutcome?.(outcome);
  }

  /** Log, done, delete: the order in which Envoy 1.40 calls them (verified). */
  finish(): void {
    if (this.ended) return;
    this.ended = true;
    this.attributes.isComplete = true;
    const { context, vm } = this;
    if (context === undefined || vm === undefined) return;
    context.accessLog = { requestHeaders: this.headers, responseHeaders: this.encoding?.headers };
    invoke(vm, onLog, context);
    context.accessLog = undefined;
    invoke(vm, onDone, context);
    invoke(vm, onDelete, context);
    deleteStream(vm, context);
  }
}

export function createBody(body: string | Uint8Array | undefined): Body | undefined {
  if (body === undefined || body.length === 0) return undefined;
  return { bytes: typeof body === 'string' ? Buffer.from(body) : new Uint8Array(body) };
}

function textOf(body: Body | undefined): string {
  return body === undefined ? '' : Buffer.from(body.bytes).toString('utf8');
}
