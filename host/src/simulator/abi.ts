/**
 * The numbers of proxy-wasm ABI 0.2.1 as Envoy 1.40 and proxy-wasm-cpp-host use them.
 * Source: proxy-wasm-cpp-host `include/proxy-wasm/sdk.h` and `exports.h`.
 */

/** What a host call returns. */
export const Result = {
  ok: 0,
  notFound: 1,
  badArgument: 2,
  parseFailure: 4,
  invalidMemoryAccess: 6,
  empty: 7,
  casMismatch: 8,
  internalFailure: 10,
  unimplemented: 12,
} as const;

export const LogLevel = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, critical: 5 } as const;
export type LogLevelName = keyof typeof LogLevel;
export const logLevelNames: readonly LogLevelName[] = ['trace', 'debug', 'info', 'warn', 'error', 'critical'];

export const MetricType = { counter: 0, gauge: 1, histogram: 2 } as const;

export const HeaderMapType = {
  requestHeaders: 0,
  requestTrailers: 1,
  responseHeaders: 2,
  responseTrailers: 3,
  httpCallResponseTrailers: 7,
} as const;

export const BufferType = {
  httpRequestBody: 0,
  httpResponseBody: 1,
  callData: 5,
  vmConfiguration: 6,
  pluginConfiguration: 7,
  last: 8,
} as const;

export const StreamType = { request: 0, response: 1, downstream: 2, upstream: 3 } as const;

/**
 * What `proxy_on_request_headers` and `proxy_on_response_headers` return. For ABI 0.2.x the host turns
 * `stopIteration` and every unknown number into `stopAllIterationAndWatermark`.
 */
export const HeadersStatus = {
  continue: 0,
  stopIteration: 1,
  continueAndEndStream: 2,
  stopAllIterationAndBuffer: 3,
  stopAllIterationAndWatermark: 4,
} as const;

/** Number of a callback exported by a module, as an index into counters of host calls. */
export const callbackNames = [
  '_initialize',
  'proxy_on_context_create',
  'proxy_on_vm_start',
  'proxy_on_configure',
  'proxy_on_tick',
  'proxy_on_queue_ready',
  'proxy_on_request_headers',
  'proxy_on_request_body',
  'proxy_on_request_trailers',
  'proxy_on_response_headers',
  'proxy_on_response_body',
  'proxy_on_response_trailers',
  'proxy_on_done',
  'proxy_on_log',
  'proxy_on_delete',
] as const;
export type CallbackName = (typeof callbackNames)[number];

/** The export that says which ABI a module speaks. */
export const abiVersionExport = 'proxy_abi_version_0_2_1';
/** The allocators a module may export, in the order in which the host looks for them. */
export const allocatorExports = ['malloc', 'proxy_on_memory_allocate'] as const;
