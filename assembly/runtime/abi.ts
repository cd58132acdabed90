/**
 * The proxy-wasm ABI 0.2.1 as Envoy 1.40 offers it: the only file that imports the raw declarations. Anything of
 * `@solo-io/proxy-runtime` beyond them does not compile, or allocates on every request.
 */
export {
  proxy_continue_stream,
  proxy_define_metric,
  proxy_get_buffer_bytes,
  proxy_get_header_map_pairs,
  proxy_get_header_map_value,
  proxy_get_metric,
  proxy_get_property,
  proxy_get_shared_data,
  proxy_increment_metric,
  proxy_log,
  proxy_record_metric,
  proxy_replace_header_map_value,
  proxy_send_local_response,
  proxy_set_effective_context,
  proxy_set_shared_data,
  proxy_set_tick_period_milliseconds,
} from '@solo-io/proxy-runtime/assembly/imports';

// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'clock_time_get')
export declare function clock_time_get(clock: u32, precision: u64, nanos: usize): u32;

// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'random_get')
export declare function random_get(target: usize, bytes: usize): u32;

export const RESULT_OK: u32 = 0;

export const HEADER_MAP_REQUEST: i32 = 0;
export const HEADER_MAP_RESPONSE: i32 = 2;
export const HEADER_MAP_RESPONSE_TRAILERS: i32 = 3;

export const BUFFER_PLUGIN_CONFIGURATION: i32 = 7;

export const METRIC_COUNTER: i32 = 0;
export const METRIC_GAUGE: i32 = 1;
export const METRIC_HISTOGRAM: i32 = 2;

export const FILTER_CONTINUE: u32 = 0;
export const FILTER_STOP: u32 = 1;
/** Stops everything behind this filter, the body too, with backpressure on the client instead of a buffer that runs over. */
export const FILTER_STOP_ALL_AND_WATERMARK: u32 = 4;

export const STREAM_REQUEST: i32 = 0;

/** WASI clock 1: monotonic. The wall clock can jump, and a limit must not jump with it. */
export const CLOCK_MONOTONIC: u32 = 1;
