import type { HeaderPair, HeadersInput } from './header-map.ts';
import type { PropertyValue } from './properties.ts';
import type { UpstreamFailure } from './upstream-failure.ts';

/** One request. Pseudo headers that are neither in `headers` nor switched off with null get the defaults. */
export interface RequestOptions {
  /** Which worker's connection it comes on, from 0. Default 0. */
  worker?: number;
  headers?: HeadersInput;
  /** Default `GET`; null for none. */
  method?: string | null;
  /** Default `/`; null for none. */
  path?: string | null;
  /** Default `localhost`; null for none. */
  authority?: string | null;
  /** Default `http`; null for none. */
  scheme?: string | null;
  body?: string | Uint8Array;
  trailers?: HeadersInput;
  /** Default 1. */
  connectionId?: bigint | number;
  /** Default `127.0.0.1:40000`. */
  sourceAddress?: string;
  /** `xds.route_name`; absent by default. */
  routeName?: string;
  /** Of the virtual host that was chosen. */
  virtualHostName?: string;
  /** Further properties, or other values for known ones: path with `.` between segments. */
  properties?: Readonly<Record<string, PropertyValue>>;
}

/** How a request stands. Every outcome but `held` is final. `atNanos` is monotonic virtual time. */
export type Outcome =
  /** Sent to the upstream. `bypassed`: no filter ran, because FAIL_OPEN dropped it or it never started. */
  | { kind: 'admitted'; atNanos: bigint; bypassed: boolean }
  | { kind: 'held'; atNanos: bigint; in: 'requestHeaders' | 'requestBody' | 'requestTrailers' | 'localReply' }
  | LocalReplyOutcome
  /** This request's own callback trapped; the client got 503. */
  | { kind: 'trapped'; atNanos: bigint; status: 503; details: string; message: string }
  /** Closed by `proxy_close_stream`. */
  | { kind: 'reset'; atNanos: bigint }
  /** The client went away, or the test ended the stream, while it was held. */
  | { kind: 'gone'; atNanos: bigint };

export interface LocalReplyOutcome {
  kind: 'localReply';
  atNanos: bigint;
  /** As the client sees it: 200 for gRPC. */
  status: number;
  details: string;
  /** As the client sees it. */
  body: string;
  /** As the client sees them, after the filter's own `proxy_on_response_headers`. */
  headers: HeaderPair[];
  /** The `grpc-status` sent, for a gRPC request. */
  grpcStatus: number | undefined;
  /** What the module asked for, before Envoy made an answer of it. */
  requested: { status: number; grpcStatus: number; body: string };
}

export interface ResponseOptions {
  /** Default 200; a `:status` in `headers` comes first. */
  status?: number;
  headers?: HeadersInput;
  body?: string | Uint8Array;
  trailers?: HeadersInput;
}

/** What the client gets of a response from upstream. */
export interface ResponseResult {
  status: number;
  headers: HeaderPair[];
  body: string;
  trailers: HeaderPair[];
  /** The filter holds it in a response callback; read `response()` again once it has let go. */
  held: boolean;
  /** Details of the local reply that took its place, or undefined. */
  replacedBy: string | undefined;
}

export interface Stream {
  /** Number of the worker, from 0. */
  readonly worker: number;
  /** Context id in the worker's VM; 0 when no filter runs. */
  readonly id: number;
  /** Monotonic time of its arrival, ns. */
  readonly startNanos: bigint;
  readonly outcome: Outcome;
  /** True after `end`, `clientGone`, a local reply, a reset or a trap: the module has forgotten it. */
  readonly ended: boolean;
  /** Called with each new outcome, also the first if set in time. */
  onOutcome: ((outcome: Outcome) => void) | undefined;
  /** Request headers as they stand: for an admitted request, what the upstream got. */
  requestHeaders(): HeaderPair[];
  /** Request body as it stands. */
  requestBody(): string;
  requestTrailers(): HeaderPair[];
  /** The upstream answers an admitted request. Throws for any other. */
  respond(response?: ResponseOptions): ResponseResult;
  /**
   * The upstream fails an admitted request: before its response, Envoy's router answers in its place; behind the
   * headers the stream is reset. Ends the stream.
   */
  fail(failure: UpstreamFailure): void;
  /** Another filter answers an admitted request before its response. Ends the stream. */
  answerLocally(reply: { status: number; details: string }): void;
  /** What the client has of the response by now; undefined before there is any. */
  response(): ResponseResult | undefined;
  /** Ends the stream: log, done, delete. Does nothing when it has ended. */
  end(): void;
  /** The client closes the connection; a held request becomes `gone`. */
  clientGone(): void;
}
