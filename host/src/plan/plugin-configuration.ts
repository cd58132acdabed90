/**
 * The contract between host and module: one JSON document, version 1.
 *
 * The host writes it from a plan; the module (assembly/runtime/plugin-config.ts) validates it again and refuses a
 * bad one with a message that names the path. It is readable and writable by hand. Everything that needs heavy
 * work (regular expressions, short forms of service names) is already prepared here, so that the request path is a
 * hash lookup and compares. Unknown fields are refused on both sides.
 */
export interface PluginConfiguration {
  version: 1;
  /** What to log from: `off` costs nothing on the request path. Default `warn`. */
  logLevel?: 'off' | 'error' | 'warn' | 'info' | 'debug';
  /**
   * Where `ports` of rules are looked for: in the authority (default), or behind the last `:` or `|` of the name of the
   * Envoy virtual host, as Istio names them (`reviews.default.svc.cluster.local:9080`, `inbound|http|9080`), whatever
   * port the client called.
   */
  portsFrom?: 'authority' | 'virtualHost';
  /** Compiled regular expressions; a matcher refers to one by its index here. */
  patterns?: CompiledPattern[];
  /** Rate-limit rules. Every rule that matches a request must pass; tokens are taken only when all pass. */
  rateLimits?: RateLimitRule[];
  /** Quota schedulers. A request belongs to the first that matches it; the host writes those of the most exact hosts first. */
  quotaSchedulers?: QuotaScheduler[];
  /**
   * Circuit breakers. A request belongs to one at most: among those of the most exact host, the first that matches it.
   * A breaker's refusal comes before every limit and takes nothing from one.
   */
  circuitBreakers?: CircuitBreaker[];
  /** Header rules. All that match a request edit it and its response, in this order, after every limit and quota. */
  headerRules?: HeaderRule[];
}

/** A regular expression in RE2 syntax, compiled to a byte automaton that must match the whole value. */
export interface CompiledPattern {
  /** The source text, for messages only. */
  expression: string;
  /**
   * Base64 of the table, little-endian: `SDF1` (4 bytes), u16 stateCount, u16 classCount, u16 startState, u16 zero,
   * u8[256] class of each byte, u8[stateCount] 1 where the state accepts at end of text, one zero byte when
   * stateCount is odd, then u16[stateCount × classCount] next state (row-major by state). State 0 is dead: no way
   * out and not accepting.
   */
  table: string;
}

export interface RateLimitRule {
  /**
   * Identity, unique in the document: names the shared bucket and the metrics, so a bucket survives every change that
   * keeps the name, except of the algorithm, of `keyCapacity`, and to or from a key. No control characters. By
   * convention `namespace/policy/rule`.
   */
  name: string;
  /**
   * Authorities without port, lower case: exact (`a.example`), suffix (`*.example`), or `*` for all. Absent: all.
   * A rule for `*` applies beside the rules of a more exact host.
   */
  hosts?: string[];
  /** Ports the authority (see `portsFrom`) may carry; one without a port always matches. Absent: any port. */
  ports?: number[];
  /** Names of Envoy routes (`xds.route_name`), one of which must have been chosen. Absent: any. */
  routes?: string[];
  /** Conditions that must all hold. */
  match?: Condition[];
  limit: Limit;
  /** The first whose conditions (at least one) all hold replaces `limit` for the request; each has a bucket of its own. */
  overrides?: LimitOverride[];
  /** What one bucket is kept for: one bucket per distinct combination of these values. Absent: one bucket. */
  key?: Descriptor[];
  /** Most distinct keys remembered, 32…1,048,576, rounded up to a multiple of 32. Default 16,384. */
  keyCapacity?: number;
  /** When a descriptor's value is missing: share the bucket of the empty value (default), or skip the rule. */
  whenKeyMissing?: 'share' | 'skip';
  cost?: Cost;
  /** Count what would have been refused, refuse nothing. */
  shadowMode?: boolean;
  response?: RefusalResponse;
}

export interface LimitOverride {
  match: Condition[];
  limit: Limit;
}

/** Where a value of a request comes from. Header, cookie and query names; header names in lower case. */
export type ValueSource =
  | { on: 'header' | 'cookie' | 'query'; name: string }
  /** `path` is the path without its query string, `flavor` the version of HTTP: `1.0`, `1.1`, `2`, `3`. */
  | { on: 'path' | 'method' | 'host' | 'flavor' };

/**
 * A compare on one value. A missing value satisfies nothing but an inverted `present`
 * (Envoy's HeaderMatcher rule; several values of one header are joined by `,` as Envoy does).
 */
export type Condition =
  | (ValueSource & {
      is: 'exact' | 'prefix' | 'suffix' | 'contains';
      value: string;
      ignoreCase?: boolean;
      invert?: boolean;
    })
  | (ValueSource & { is: 'present'; invert?: boolean })
  /** `pattern` is an index into `patterns`. */
  | (ValueSource & { is: 'regex'; pattern: number; invert?: boolean })
  /** CIDR ranges, one of which must hold the downstream remote address. */
  | { on: 'clientAddress'; ranges: string[]; invert?: boolean };

export type Limit = TokenBucketLimit | SlidingWindowLimit;

/** Continuous refill by monotonic time; starts full. Whole numbers. */
export interface TokenBucketLimit {
  algorithm: 'tokenBucket';
  /** Size of the bucket, 1…2^53−1. */
  maxTokens: number;
  /** Tokens that come in one `fillIntervalNanos`, 1…2^53−1. */
  tokensPerFill: number;
  /** 1,000,000 (1 ms) … 31,622,400,000,000,000 (366 days). */
  fillIntervalNanos: number;
}

/**
 * At most `maxRequests` in any stretch of `windowNanos`. Counted in 16 steps of a window: never more than the limit
 * in any window; room comes back at most one sixteenth of a window late.
 */
export interface SlidingWindowLimit {
  algorithm: 'slidingWindow';
  /** 1…2^32−1. */
  maxRequests: number;
  /** 16,000,000 (16 ms) … 31,622,400,000,000,000 (366 days). */
  windowNanos: number;
}

/** One part of a bucket's key. */
export type Descriptor =
  | ValueSource
  /** Downstream remote address cut to a prefix: defaults 32 and 128. */
  | { on: 'clientAddress'; ipv4PrefixLength?: number; ipv6PrefixLength?: number }
  /** The downstream connection. */
  | { on: 'connection' };

/** Tokens one request takes. Absent: 1. */
export type Cost =
  | { fixed: number }
  /**
   * A decimal whole number in a request header, taken as at least 1 and at most `max`; `default` (1, at most `max`)
   * when it is missing or not a number.
   */
  | { header: string; default?: number; max: number };

export interface RefusalResponse {
  /** 400…599, default 429. */
  status?: number;
  /** Default empty. */
  body?: string;
  /** Added to the refusal in this order, beside `x-local-rate-limit: true` and `retry-after`. */
  headers?: [name: string, value: string][];
  /** For requests with a gRPC content type, 1…16; default 8, RESOURCE_EXHAUSTED. */
  grpcStatus?: number;
  /** Also send `x-ratelimit-limit`, `-remaining`, `-reset`, on admitted responses too. Default false. */
  rateLimitHeaders?: boolean;
}

/** A tree of conditions; depth at most 32. An empty `all` holds, an empty `any` does not. */
export type Matcher = Condition | { all: Matcher[] } | { any: Matcher[] } | { not: Matcher };

/**
 * A quota whose requests wait in weighted-fair order when it is used up. Tokens are counted in thousandths here
 * (`…Millitokens`), so that quotas of 0.5 tokens are whole numbers.
 */
export interface QuotaScheduler {
  /** Identity, unique in the document: names the shared state and the metrics. By convention `namespace/policy`. */
  name: string;
  /** As in `RateLimitRule`. */
  hosts?: string[];
  ports?: number[];
  routes?: string[];
  /** All must hold. */
  match?: Matcher[];
  bucket: QuotaBucket;
  /**
   * One scheduler (bucket and queue) per distinct value of the first of these that the request has; a request with
   * none of them uses the scheduler of the empty value. Absent: one scheduler.
   */
  key?: Descriptor[];
  /** Most schedulers kept at once, 1…4,096, default 256. More values than that share them. */
  keyCapacity?: number;
  /** A scheduler unused for so long, or whose bucket is full, gives its place to another value. 1,000,000 (1 ms) … 366 days, default 7,200 s. */
  keyIdleNanos?: number;
  /** The first whose matchers all hold is the request's; at most 64. */
  workloads?: Workload[];
  /** Requests of no workload; it is named `default`. */
  defaultWorkload?: WorkloadParameters;
  /** The first of these that the request has names its workload; a value that names none changes nothing. */
  workloadFrom?: ValueSource[];
  /** Within a workload every distinct value of the first of these that the request has gets the same share. */
  fairnessKey?: Descriptor[];
  /** Flows scheduled one by one per scheduler, 1…256, default 64; more fairness keys than that share them by hash. */
  fairnessCapacity?: number;
  /** Tokens of the request: a decimal number, taken as at least 1 and at most the bucket's capacity. */
  costFrom?: ValueSource[];
  /** Weight within its workload: a decimal number, taken as at least 1 and at most 1,000; at most 8 values at once. */
  priorityFrom?: ValueSource[];
  /** Most requests that wait at once over all workers, 1…100,000, default 10,000. When it is full, the workload of the lowest weight gives way. */
  queueCapacity?: number;
  /** How long a caller waits that says nothing of its own (`grpc-timeout`, `deadlineHeader`). 1,000,000 (1 ms) … 3,600 s, default 15 s. */
  requestTimeoutNanos?: number;
  /** What is taken off a caller's time, so that the answer still reaches it. 0 … 3,600 s, default 10 ms. */
  deadlineMarginNanos?: number;
  /** Header with the milliseconds the caller still waits, lower case. */
  deadlineHeader?: string;
  /** A request outside the strict tier that has waited so long is served with it. 1,000,000 (1 ms) … 3,600 s, default 1 s. */
  strictAgeingNanos?: number;
  /** Status default 503; gRPC default 14, UNAVAILABLE. `rateLimitHeaders` has no meaning here. */
  response?: RefusalResponse;
  /** Count what would have waited, hold and refuse nothing. */
  shadowMode?: boolean;
}

export interface QuotaBucket {
  /** 1 … 2^53−1. The bucket starts full. */
  capacityMillitokens: number;
  /** What comes in one interval, 0 … 2^53−1. */
  fillMillitokens: number;
  /** 1,000,000 (1 ms) … 31,622,400,000,000,000 (366 days). */
  fillIntervalNanos: number;
  /** `false`: the fill comes at once, at the end of each interval. Default true. */
  continuousFill?: boolean;
  /** Filling begins only when the first full bucket would have been refilled. Default false. */
  delayInitialFill?: boolean;
}

export interface WorkloadParameters {
  /** Share of the quota while others wait too, relative to theirs: a whole number 1 … 2^53−1, by convention 1,000,000 × priority. Default 1,000,000. */
  weight?: number;
  /** Tokens of a request, 0 … the bucket's capacity; 0 is never queued. Default 1,000. */
  costMillitokens?: number;
  /** Longest wait; the caller's own deadline may be shorter. 1,000,000 (1 ms) … 3,600 s. */
  queueTimeoutNanos?: number;
  /** Most requests of this workload that wait at once, 1…100,000. Default: that of the scheduler. */
  queueCapacity?: number;
  /** Served before all that are not. */
  strict?: boolean;
  /** Served first of all while it has had less than this a second; 1 … 2^53 − 1. */
  floorMillitokensPerSecond?: number;
  /** Never gets more than this a second; 1 … 2^53 − 1, not below the floor. */
  capMillitokensPerSecond?: number;
}

export interface Workload extends WorkloadParameters {
  /** Unique in the scheduler, not `default`. */
  name: string;
  /** All must hold; empty: matches every request. */
  match: Matcher[];
}

/**
 * Stops calls to an upstream that fails, over all workers at once. Closed: calls are counted, and each is followed by a
 * verdict on the window. Open: every request is refused until the open time is over. Half-open: so many probes pass,
 * and when all have ended they decide.
 *
 * At least one condition is there, unless the mode is forced or `disabled`. Rates open it at their threshold; numbers
 * and means above theirs; `consecutiveFailures` at the last of so many.
 */
export interface CircuitBreaker {
  /**
   * Identity, unique in the document: names the shared state and the metrics, so that the state survives every change
   * that keeps the name, except to or from a key. A new window starts empty, a new mode closed; an open breaker stays
   * open for as long as it was to be. By convention `namespace/policy/breaker`.
   */
  name: string;
  /** As in `RateLimitRule`. */
  hosts?: string[];
  ports?: number[];
  routes?: string[];
  /** All must hold. */
  match?: Matcher[];
  /**
   * `forcedOpen` refuses everything, `forcedClosed` nothing; `disabled` leaves requests to no breaker at all;
   * `metricsOnly` does everything but refuse. Default `automatic`.
   */
  mode?: 'automatic' | 'forcedOpen' | 'forcedClosed' | 'disabled' | 'metricsOnly';
  /** Default 10 s. */
  window?: BreakerWindow;
  /** No verdict by rate, number or mean on fewer calls, 0…10^9; at most the size of a window of calls. Default 0. */
  minimumCalls?: number;
  /** Share of failed calls in hundredths of a percent, 1…10,000. */
  failureRate?: number;
  /** Share of slow calls in hundredths of a percent, 1…10,000. */
  slowCallRate?: number;
  /** Slow calls that are still borne, 0…10^9. */
  maxSlowCalls?: number;
  /** A call is slow that takes longer: 1,000,000 (1 ms) … 86,400,000,000,000 (24 h). With `slowCallRate` or `maxSlowCalls`. */
  slowCallNanos?: number;
  /** Mean duration that is still borne, in microseconds, up to 24 h; with a window of time. */
  maxAverageMicros?: number;
  /** Failures in a row, with no call between them that succeeded, 1…10^9. */
  consecutiveFailures?: number;
  /** What durations end with: the response's headers (default), or its end, which waits for the client too. */
  measure?: 'responseHeaders' | 'responseEnd';
  failures?: FailureConditions;
  open?: {
    /** 1,000,000 (1 ms) … 86,400,000,000,000 (24 h), default 30 s. */
    nanos?: number;
    /** Factor of the open time each time it opens again before it has closed, in thousandths, 1,000…100,000. Default 1,000. */
    backoffThousandths?: number;
    /** Longest open time, at least `nanos`; default and most 24 h. */
    maxNanos?: number;
    /** The open time is chosen evenly within ± this share, in hundredths of a percent, 0…10,000. Default 0. */
    jitter?: number;
  };
  halfOpen?: {
    /** Calls that pass and decide, 1…32; never more of them at once, over all workers. Default 3. */
    probes?: number;
    /**
     * A probe without a result after so long counts as nothing, and another may pass: 1 ms … 24 h. Longer than the
     * route's timeout, so that it is no longer under way then. Default 30 s.
     */
    probeNanos?: number;
  };
  /** One breaker per distinct combination of these values. Absent: one breaker. */
  key?: Descriptor[];
  /** Most breakers of a key, 4…4,096, rounded up to a multiple of 4. Default 256. */
  keyCapacity?: number;
  /** When a descriptor's value is missing: share the breaker of the empty value (default), or pass. */
  whenKeyMissing?: 'share' | 'skip';
  /** Status 200…599, default 503; gRPC default 14, UNAVAILABLE. `rateLimitHeaders` has no meaning here. */
  response?: RefusalResponse;
}

/** A window of time counts in tenths: nothing older than `nanos`, nothing younger than nine tenths of it left out. */
export type BreakerWindow =
  /** 100,000,000 (100 ms) … 86,400,000,000,000 (24 h). */
  | { nanos: number }
  /** The last calls, 1…1,000. */
  | { calls: number };

/**
 * Which calls have failed. What the upstream did not decide counts as nothing: local replies of Sluice and of other
 * filters, direct responses, Envoy's own overflow, clients that go away.
 */
export interface FailureConditions {
  /** Ranges of statuses, first and last, 200…599. Default 500 to 599. A call with a gRPC status is judged by that alone. */
  statuses?: [first: number, last: number][];
  /** 1…16. Default 2, 4, 13, 14, 15: UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
  grpcStatuses?: number[];
  /** No connection to the upstream, or no healthy host. Default true; `false`: such calls count as nothing. */
  connectFailures?: boolean;
  /** A connection or stream that ends before the response does. Default true. */
  resets?: boolean;
  /** The route's timeout or the longest duration of a stream. Default true. */
  timeouts?: boolean;
}

/**
 * Edits for the requests that match, and for their responses. Conditions look at messages as they came; an edit and
 * its template see what the edits before have left. At most 64 edits in one rule; of the rules that match one request
 * at most 16 edit its response and trailers.
 */
export interface HeaderRule {
  /** Identity, unique in the document: names the metrics. By convention `namespace/policy/rule`. */
  name: string;
  /** As in `RateLimitRule`. */
  hosts?: string[];
  ports?: number[];
  routes?: string[];
  /** All must hold. */
  match?: Matcher[];
  /**
   * `beforeMatching`: before limits, quotas and other rules look at the request, which then see what the edits made
   * of it; `request` edits only, and no facts that those decide. Absent: for admitted requests, after all of them.
   */
  phase?: 'beforeMatching';
  request?: HeaderEdit[];
  /** Every response, refusals of Sluice itself included. */
  response?: HeaderEdit[];
  /** Of a message that has trailers; none are made. */
  requestTrailers?: HeaderEdit[];
  responseTrailers?: HeaderEdit[];
}

export type HeaderEdit = HeaderEditAction & {
  /** Of the request, as it arrived. All must hold. */
  match?: Matcher[];
  /** Status of the response: ranges from the least to the most, 100…599. Edits of responses and their trailers only. */
  statuses?: [least: number, most: number][];
  /** On headers of the response, as they came. All must hold. Edits of responses and their trailers only. */
  responseMatch?: Condition[];
};

/**
 * One change. Names are lower-case tokens; no pseudo-headers, `host`, or headers about the connection or the message
 * itself (`connection`, `content-length`, `keep-alive`, `proxy-connection`, `te`, `trailer`, `transfer-encoding`,
 * `upgrade`). `value` is a `Template`.
 */
export type HeaderEditAction =
  | {
      /**
       * `set`: one header with this value and nothing else of the name. The others are Envoy's append actions: `add`
       * (APPEND_IF_EXISTS_OR_ADD) is one more.
       */
      edit: 'set' | 'add' | 'overwriteIfExistsOrAdd' | 'addIfAbsent' | 'overwriteIfExists';
      name: string;
      value: Template;
      /** Write a value that turns out empty, too. Default false: it changes nothing, and `set` removes the header. */
      keepEmptyValue?: boolean;
    }
  | { edit: 'remove'; name: string }
  /** All headers whose names begin so, but for those that no edit may name. */
  | { edit: 'removePrefix'; prefix: string }
  /** The values of `from` take the place of those under `name`, when there are any. `rename` removes `from`. */
  | { edit: 'rename' | 'copy'; from: string; name: string }
  /**
   * `name` is set to what `values` (at most 1,024 pairs, none empty) has for the value of `from`, else to `default`, if
   * there is one; else nothing changes. Several values of `from` are joined by `,`.
   */
  | { edit: 'map'; from: string; name: string; values: [value: string, becomes: string][]; default?: string };

/**
 * Text with facts in braces, at most 16,384 bytes: `{fact}`; `{fact?other}`, the first that there is; `{fact:20}`, its
 * first 20 bytes. `{{` and `}}` are braces that are meant. Control characters in facts are dropped; a missing fact is
 * empty. Values of one message have 64 KiB together; one that does not fit is not written, and edits that
 * would have overwritten the header remove it.
 *
 * `request.header.NAME`, `request.cookie.NAME`, `request.query.NAME`, `request.path` (without query), `request.query`,
 * `request.method`, `request.host` (without port), `request.authority`, `request.scheme`, `request.protocol`
 * (`HTTP/1.1`), `source.address` (without port), `route.name`; names of what was decided: `limiter` (the rate limit that
 * refused, else the first that applied), `scheduler`, `workload`, `breaker`; `response.status` for responses and their
 * trailers, `response.header.NAME` for responses. Edits of responses and trailers see the request as it arrived: its
 * facts are kept in 960 bytes a stream, and one that does not fit is missing.
 */
export type Template = string;
