import type { UpstreamScript } from './scripted-upstream.ts';

/**
 * One behaviour, as data: policies and what a client then sees. Every case runs on the simulator and on real Envoy;
 * all cases share one proxy, so each uses a host of its own, `{host}` in its policies.
 */
export interface BehaviourCase {
  /** A sentence. */
  name: string;
  /** Policy documents in YAML; `{host}` and `{name}` stand for the case's own. */
  policies: string;
  steps: BehaviourStep[];
  /** The upstream speaks HTTP/2, as gRPC needs it. */
  http2Upstream?: boolean;
  /** Nobody listens where the upstream should be. */
  noUpstream?: boolean;
}

export interface BehaviourStep {
  method?: string;
  path?: string;
  headers?: Record<string, string | string[]>;
  /** Replaces the case's host; `{host}` stands for it. */
  host?: string;
  /** Address the client calls from, within 127.0.0.0/8. Default 127.0.0.1. */
  from?: string;
  /** Requests of the same name share a connection. Default: one of the case's own. */
  connection?: string;
  /** What the upstream does with the request, if it gets it; scripted-upstream.ts. Default `ok`. */
  upstream?: UpstreamScript;
  /** How often, one after the other. Default 1. */
  times?: number;
  /** Statuses seen, with how often. */
  expect: Record<number, number>;
  /** Headers of the last answer; null for none. */
  headersOfLast?: Record<string, string | null>;
  bodyOfLast?: string;
  /** Lets so much time pass first, ms; real time on Envoy. */
  waitMillis?: number;
}

/** What a client sees of one answer. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A proxy with the policies of all cases in force. */
export interface BehaviourProxy {
  send(
    request: Required<Pick<BehaviourStep, 'method' | 'path' | 'headers' | 'host' | 'from' | 'connection'>>,
  ): Promise<Answer>;
  wait(millis: number): Promise<void>;
  stop(): Promise<void>;
}

export function hostOf(index: number): string {
  return `case-${index}.example`;
}

export function policiesOf({ policies }: BehaviourCase, index: number): string {
  return policies.replaceAll('{host}', hostOf(index)).replaceAll('{name}', `case-${index}`);
}
