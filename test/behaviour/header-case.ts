/**
 * What policies make of headers, as data: each case runs on the simulator and on real Envoy. All cases share one
 * proxy, so each uses a host of its own, `@host@` in its policies.
 */
export interface HeaderCase {
  /** A sentence. */
  name: string;
  /** Policy documents in YAML; `@host@` and `@name@` stand for the case's own (braces belong to templates). */
  policies: string;
  steps: HeaderStep[];
}

export type Pairs = [name: string, value: string][];

export interface HeaderStep {
  method?: string;
  path?: string;
  headers?: Pairs;
  /** What the upstream answers. */
  answer?: { status?: number; headers?: Pairs };
  /** Status the client sees. Default 200. */
  status?: number;
  /** All values of each header as the upstream got them; null: none. */
  upstream?: Record<string, string[] | null>;
  /** As the client got them. */
  client?: Record<string, string[] | null>;
}

/** What became of one request. */
export interface HeaderOutcome {
  status: number;
  /** Undefined when the request never reached the upstream. */
  upstream: Pairs | undefined;
  client: Pairs;
}

export interface HeaderProxy {
  send(host: string, step: HeaderStep): Promise<HeaderOutcome>;
  stop(): Promise<void>;
}

export function hostOfCase(index: number): string {
  return `headers-${index}.example`;
}

export function policiesOfCase({ policies }: HeaderCase, index: number): string {
  return policies.replaceAll('@host@', hostOfCase(index)).replaceAll('@name@', `headers-${index}`);
}

/** The values of a header, or null. */
export function valuesOf(pairs: Pairs, name: string): string[] | null {
  const values = pairs.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? null : values;
}
