import type { UpstreamScript } from './upstream-script.ts';

/**
 * One behaviour, as data: policies and what a client then sees. Every case runs on the simulator and on real Envoy;
 * all cases share one proxy, so each uses a host of its own, `{host}` in its policies. On Envoy they run at the same
 * time and time is real: what a case says about waits must hold on a busy machine too.
 */
export interface BehaviourCase {
  /** A sentence. */
  name: string;
  /** Policy documents in YAML; `{host}` and `{name}` stand for the case's own. */
  policies: string;
  /** Default: the one that all cases share. */
  upstream?: UpstreamOfItsOwn;
  steps: BehaviourStep[];
}

/** `own`: nobody else uses the connections, so the case may have them closed. `none`: nobody listens where it should be. */
export type UpstreamOfItsOwn = 'own' | 'none';

export type BehaviourStep = (Requests | Group) & {
  /** Lets so much time pass first, ms; real time on Envoy. */
  waitMillis?: number;
};

/** Requests that do not wait for each other's answers. The step is over when all have theirs. */
export interface Group {
  /** They are sent in this order. */
  together: GroupedRequests[];
  /** Names of those that the upstream got and answered, in the order in which they came there. */
  letThrough?: string[];
}

export interface GroupedRequests extends Requests {
  /** In `letThrough`. */
  name?: string;
  /** So long after the one before it each is sent, ms. Default 1 on its connection, else 30: so they come in order on Envoy too. */
  afterMillis?: number;
}

/** Requests that are all alike, and what a client sees of them. */
export interface Requests {
  method?: string;
  path?: string;
  headers?: Record<string, string | string[]>;
  /** Replaces the case's host; `{host}` stands for it, `{HOST}` for it in capitals. */
  host?: string;
  /** Text, or this many bytes. That the upstream gets all of it is seen to. */
  body?: string | number;
  /** The body is sent in pieces over this time, on Envoy. */
  bodyMillis?: number;
  /** Behind a body, with `h2` alone. */
  trailers?: Record<string, string>;
  /** Default `http1`, in a group `h2`. */
  protocol?: Protocol;
  /** What the upstream does with those it gets. Default `ok`. */
  upstream?: UpstreamScript;
  /** Address the client calls from, within 127.0.0.0/8. Default 127.0.0.1. */
  from?: string;
  /**
   * Requests of the same name share a connection. Default: one of the case's own; in a group with `http1`, which has
   * no two requests on a connection at a time, one for each request.
   */
  connection?: string;
  /** How often; one after the other, except in a group. Default 1. */
  times?: number;
  /** The client goes away when it has waited so long without an answer. */
  leavesAfterMillis?: number;
  /** Statuses seen, with how often; `left` are those that went away. */
  expect: Partial<Record<number | 'left', number>>;
  /** Headers of the last answer; null for none. */
  headersOfLast?: Record<string, string | RegExp | null>;
  bodyOfLast?: string;
  /** Of each, from when it was sent until its answer has come. */
  waitedAtLeastMillis?: number;
  waitedAtMostMillis?: number;
}

export type Protocol = 'http1' | 'h2';

/** One request as a proxy is to send it. */
export interface SentRequest {
  method: string;
  path: string;
  headers: Record<string, string | string[]>;
  host: string;
  body: Uint8Array | undefined;
  bodyMillis: number;
  trailers: Record<string, string> | undefined;
  protocol: Protocol;
  upstream: UpstreamScript;
  from: string;
  connection: string;
  /** So long after the one before it. */
  afterMillis: number;
  leavesAfterMillis: number | undefined;
}

/** What a client sees of one answer. */
export interface Answer {
  status: number | 'left';
  headers: Record<string, string>;
  body: string;
  waitedMillis: number;
  /** Present when the upstream has answered. */
  received?: Received;
}

/** What the upstream got of one request. */
export interface Received {
  /** Grows from request to request. */
  order: number;
  bodyBytes: number;
  bodyHash: string;
  trailers: Record<string, string>;
}

/** A proxy with the policies of all cases in force. */
export interface BehaviourProxy {
  /** Sends each request at its time, in this order; done when all have been answered or have left. */
  exchange(requests: SentRequest[]): Promise<Answer[]>;
  wait(millis: number): Promise<void>;
  stop(): Promise<void>;
}

export function hostOf(index: number): string {
  return `case-${index}.example`;
}

/** Text of a case with its placeholders filled in. */
export function ofCase(text: string, index: number): string {
  const host = hostOf(index);
  return text
    .replaceAll('{host}', host)
    .replaceAll('{HOST}', host.toUpperCase())
    .replaceAll('{name}', `case-${index}`);
}
