import type { HeaderMap } from './header-map.ts';
import type { LocalReplyRequest } from './local-reply.ts';
import type { PropertyValue } from './properties.ts';

/** What a host call acts on: the VM itself, one configuration of the plugin, or one request. */
export type Context = VmContext | RootContext | StreamContext;

/** Id 0: used for `_initialize` and for calls of the allocator. */
export interface VmContext {
  readonly kind: 'vm';
  readonly id: 0;
}

/** One configuration of the plugin in one VM. */
export interface RootContext {
  readonly kind: 'root';
  readonly id: number;
  /** Plugin configuration as the module reads it. */
  readonly configuration: Uint8Array;
  /** True while `proxy_on_context_create` or `proxy_on_configure` runs: only then can it be read. */
  configurationVisible: boolean;
  /** Streams begun under this root that have not ended. */
  streams: number;
  /** `superseded` waits for its last stream, `waitingForDone` for `proxy_done`. */
  state: 'live' | 'superseded' | 'waitingForDone' | 'deleted';
}

/** One request in one VM. A map or body is undefined while the guest may not touch it. */
export interface StreamContext {
  readonly kind: 'stream';
  readonly id: number;
  readonly root: RootContext;
  readonly attributes: StreamAttributes;
  readonly control: StreamControl;
  requestHeaders: HeaderMap | undefined;
  requestBody: Body | undefined;
  requestTrailers: HeaderMap | undefined;
  responseHeaders: HeaderMap | undefined;
  responseBody: Body | undefined;
  responseTrailers: HeaderMap | undefined;
  /** The last headers or data the guest was given ended the message. */
  endOfStream: boolean;
  /** Set while `proxy_on_log` runs: what was sent, read only. */
  accessLog: { requestHeaders: HeaderMap; responseHeaders: HeaderMap | undefined } | undefined;
}

export interface Body {
  bytes: Uint8Array;
}

/** What Envoy knows about a request beside its headers. */
export interface StreamAttributes {
  connectionId: bigint | number;
  sourceAddress: string;
  routeName: string | undefined;
  virtualHostName: string | undefined;
  /** Monotonic time of its arrival, ns. */
  startNanos: bigint;
  /** Properties by path, segments joined by `.`; these come first. */
  overrides: Readonly<Record<string, PropertyValue>> | undefined;
  /** What `proxy_set_property` stored, by path. */
  stored: Map<string, Uint8Array> | undefined;
  responseStatus: number | undefined;
  responseDetails: string | undefined;
  /** The stream has come to its end. */
  isComplete: boolean;
  /** Envoy's response flags, a bit each. */
  responseFlags: bigint;
}

/** What a guest can do to the course of a stream. Carried out after the callback has returned. */
export interface StreamControl {
  continueRequest(): void;
  continueResponse(): void;
  reply(reply: LocalReplyRequest): void;
  reset(): void;
}
