/**
 * What a route asks, in words that are neither one source's nor Envoy's. Kinds that route are translated into these;
 * the Envoy translator reads nothing else.
 */

/** Which of the two listeners: the one clients outside call, or the one for traffic from inside the cluster. */
export type ListenerName = 'external' | 'local';

/** All must hold. */
export interface RouteMatch {
  path: PathMatch;
  headers: FieldMatch[];
  query: FieldMatch[];
}

/** `segments`: `/a` is a prefix of `/a` and `/a/b`, not of `/ab`. A regular expression matches the whole path. */
export interface PathMatch {
  is: 'exact' | 'prefix' | 'segments' | 'regex';
  value: string;
  ignoreCase?: true;
}

/** A header (pseudo-headers included, lower case) or a query parameter. A regular expression matches the whole value. */
export interface FieldMatch {
  name: string;
  is: 'exact' | 'prefix' | 'suffix' | 'regex' | 'present';
  /** Empty for `present`. */
  value: string;
  ignoreCase?: true;
  invert?: true;
}

/** A route as a routing kind asks for it. `Backend` is a destination's name in a plan. */
export interface RouteRouting<Backend = string> {
  match: RouteMatch;
  action: ForwardAction<Backend> | RedirectAction | AnswerAction;
  /** Of the answer of a redirect or of an own answer; what is forwarded has its edits at each backend. */
  response?: HeaderEdits;
  cors?: CorsPolicy;
  fault?: FaultPolicy;
}

export interface ForwardAction<Backend = string> {
  kind: 'forward';
  /** At least one. Their weights are shares of the sum. */
  backends: WeightedBackend<Backend>[];
  /** 0: none. Absent: the translator's default. */
  timeoutMillis?: number;
  /** For a stream on which nothing moves. */
  idleTimeoutMillis?: number;
  retries?: RetryPolicy;
  mirrors?: MirrorPolicy<Backend>[];
  rewrite?: PathRewrite;
}

export interface WeightedBackend<Backend = string> {
  backend: Backend;
  /** At least 1. */
  weight: number;
  request: HeaderEdits;
  response: HeaderEdits;
  /** Replaces the authority. */
  hostRewrite?: string;
}

/** Names in lower case. `remove` comes before `set` and `add`; a name stands in one list only, but for `add`. */
export interface HeaderEdits {
  set: HeaderValue[];
  add: HeaderValue[];
  remove: string[];
}

/** `format`: the value may have Envoy's `%COMMANDS%` in it; otherwise it is sent as it is. */
export interface HeaderValue {
  name: string;
  value: string;
  format?: true;
}

/** `prefix`: what the match compared is replaced; `full`: the whole path; `regex`: what the expression finds. */
export type PathRewrite =
  | { replace: 'prefix' | 'full'; with: string }
  | { replace: 'regex'; expression: string; with: string };

export interface RedirectAction {
  kind: 'redirect';
  scheme?: string;
  host?: string;
  port?: number;
  /** The port is the one that the scheme implies, and not written. */
  impliedPort?: true;
  path?: PathRewrite;
  status: number;
}

export interface AnswerAction {
  kind: 'answer';
  status: number;
  body?: string;
}

export interface RetryPolicy {
  attempts: number;
  /** Envoy's words, joined by commas. */
  on: string;
  statuses: number[];
  perTryTimeoutMillis?: number;
  backoffMillis?: number;
  /** Another server for each try. */
  avoidPreviousHosts?: true;
}

export interface MirrorPolicy<Backend = string> {
  backend: Backend;
  /** Of a million. */
  millionths: number;
}

export interface CorsPolicy {
  origins: Pick<FieldMatch, 'is' | 'value'>[];
  methods: string[];
  headers: string[];
  exposeHeaders: string[];
  maxAgeSeconds?: number;
  credentials?: boolean;
  /** Preflight requests of other origins go to the backend; absent: they are refused a CORS answer here. */
  forwardUnmatchedPreflights?: boolean;
}

export interface FaultPolicy {
  delay?: { millis: number; millionths: number };
  abort?: ({ status: number } | { grpcStatus: number }) & { millionths: number };
}

/** Where requests go: a cluster of Envoy's. */
export interface PlannedDestination {
  /** Unique in the plan: `host`, `host:port`, `host:port/subset`. */
  name: string;
  /** Whom an `--upstream HOST=…` names; a service by its full name. */
  host: string;
  subset?: string;
  /** Known servers; absent: whatever the place says, else the upstream for all hosts. */
  endpoints?: PlannedEndpoint[];
  /** How the addresses of endpoints are resolved, when they are names. Default `all`: every address is a server. */
  dns?: 'all' | 'first';
  protocol?: 'http1' | 'h2c';
  outlierDetection?: OutlierDetection;
  loadBalancer?: LoadBalancer;
  connectionPool?: ConnectionPool;
  locality?: LocalitySettings;
}

export interface PlannedEndpoint {
  address: string;
  port: number;
  weight?: number;
  /** `region/zone/subzone`, the latter two optional. */
  locality?: string;
}

/** Envoy's outlier detection; absent fields have Envoy's defaults. 0 consecutive errors: never ejected for those. */
export interface OutlierDetection {
  consecutive5xx: number;
  consecutiveGatewayErrors?: number;
  consecutiveLocalOriginFailures?: number;
  splitLocalOriginErrors?: boolean;
  intervalMillis?: number;
  baseEjectionMillis?: number;
  maxEjectionPercent?: number;
  minHealthPercent?: number;
}

export interface LoadBalancer {
  policy: 'roundRobin' | 'leastRequest' | 'random' | 'ringHash' | 'maglev';
  hash?: HashKey;
  minimumRingSize?: number;
  tableSize?: number;
  warmup?: { millis: number; minimumPercent?: number; aggression?: number };
}

export type HashKey =
  | { on: 'header' | 'query'; name: string }
  | { on: 'cookie'; name: string; path?: string; ttlMillis?: number }
  | { on: 'sourceAddress' };

export interface ConnectionPool {
  maxConnections?: number;
  maxPendingRequests?: number;
  maxRequests?: number;
  maxRetries?: number;
  maxRequestsPerConnection?: number;
  maxConcurrentStreams?: number;
  connectTimeoutMillis?: number;
  idleTimeoutMillis?: number;
  maxConnectionMillis?: number;
  keepalive?: { probes?: number; timeSeconds?: number; intervalSeconds?: number };
}

/** Which localities the requests of a locality go to. */
export interface LocalitySettings {
  /** The first whose `from` covers the proxy's locality; shares in percent. */
  distribute: { from: string; to: [locality: string, percent: number][] }[];
  /** Region → the region that takes over. */
  failover: [from: string, to: string][];
}
