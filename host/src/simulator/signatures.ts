/**
 * Every function Envoy 1.40 offers to a module of ABI 0.2.1, and every callback it looks for, with its type:
 * parameters before the colon, result after it; `i` is i32, `l` is i64, nothing is no result.
 * Source: proxy-wasm-cpp-host `include/proxy-wasm/exports.h` and `wasm.h`.
 */
export type Signature = string;

export const environmentImports: Readonly<Record<string, Signature>> = {
  pthread_equal: 'ii:i',
  emscripten_notify_memory_growth: 'i:',
  proxy_log: 'iii:i',
  proxy_get_log_level: 'i:i',
  proxy_get_status: 'iii:i',
  proxy_set_property: 'iiii:i',
  proxy_get_property: 'iiii:i',
  proxy_send_local_response: 'iiiiiiii:i',
  proxy_continue_stream: 'i:i',
  proxy_close_stream: 'i:i',
  proxy_get_shared_data: 'iiiii:i',
  proxy_set_shared_data: 'iiiii:i',
  proxy_register_shared_queue: 'iii:i',
  proxy_resolve_shared_queue: 'iiiii:i',
  proxy_dequeue_shared_queue: 'iii:i',
  proxy_enqueue_shared_queue: 'iii:i',
  proxy_get_header_map_value: 'iiiii:i',
  proxy_add_header_map_value: 'iiiii:i',
  proxy_replace_header_map_value: 'iiiii:i',
  proxy_remove_header_map_value: 'iii:i',
  proxy_get_header_map_pairs: 'iii:i',
  proxy_set_header_map_pairs: 'iii:i',
  proxy_get_header_map_size: 'ii:i',
  proxy_get_buffer_status: 'iii:i',
  proxy_get_buffer_bytes: 'iiiii:i',
  proxy_set_buffer_bytes: 'iiiii:i',
  proxy_http_call: 'iiiiiiiiii:i',
  proxy_grpc_call: 'iiiiiiiiiiii:i',
  proxy_grpc_stream: 'iiiiiiiii:i',
  proxy_grpc_close: 'i:i',
  proxy_grpc_cancel: 'i:i',
  proxy_grpc_send: 'iiii:i',
  proxy_set_tick_period_milliseconds: 'i:i',
  proxy_get_current_time_nanoseconds: 'i:i',
  proxy_define_metric: 'iiii:i',
  proxy_increment_metric: 'il:i',
  proxy_record_metric: 'il:i',
  proxy_get_metric: 'ii:i',
  proxy_set_effective_context: 'i:i',
  proxy_done: ':i',
  proxy_call_foreign_function: 'iiiiii:i',
};

/** Offered under both `wasi_snapshot_preview1` and `wasi_unstable`. */
export const wasiImports: Readonly<Record<string, Signature>> = {
  fd_write: 'iiii:i',
  fd_read: 'iiii:i',
  fd_seek: 'ilii:i',
  fd_close: 'i:i',
  fd_fdstat_get: 'ii:i',
  fd_fdstat_set_flags: 'ii:i',
  fd_fdstat_set_rights: 'ill:i',
  environ_get: 'ii:i',
  environ_sizes_get: 'ii:i',
  args_get: 'ii:i',
  args_sizes_get: 'ii:i',
  clock_time_get: 'ili:i',
  clock_res_get: 'ii:i',
  fd_advise: 'illi:i',
  fd_allocate: 'ill:i',
  fd_datasync: 'i:i',
  fd_filestat_set_size: 'il:i',
  fd_filestat_set_times: 'illi:i',
  fd_pread: 'iiili:i',
  fd_pwrite: 'iiili:i',
  fd_readdir: 'iiili:i',
  fd_renumber: 'ii:i',
  fd_sync: 'i:i',
  fd_tell: 'ii:i',
  path_create_directory: 'iii:i',
  path_filestat_set_times: 'iiiilli:i',
  path_link: 'iiiiii:i',
  path_readlink: 'iiiiii:i',
  path_remove_directory: 'iii:i',
  path_rename: 'iiiiii:i',
  path_symlink: 'iiii:i',
  path_unlink_file: 'iii:i',
  sock_accept: 'iii:i',
  sock_recv: 'iiiiii:i',
  sock_send: 'iiiii:i',
  sock_shutdown: 'ii:i',
  random_get: 'ii:i',
  sched_yield: ':i',
  poll_oneoff: 'iiii:i',
  proc_exit: 'i:',
  path_open: 'iiiiillii:i',
  fd_prestat_get: 'ii:i',
  fd_prestat_dir_name: 'iii:i',
  path_filestat_get: 'iiiii:i',
  fd_filestat_get: 'ii:i',
};

/** All optional but the allocator. */
export const callbackExports: Readonly<Record<string, Signature>> = {
  _initialize: ':',
  malloc: 'i:i',
  proxy_on_memory_allocate: 'i:i',
  proxy_on_context_create: 'ii:',
  proxy_on_vm_start: 'ii:i',
  proxy_on_configure: 'ii:i',
  proxy_on_tick: 'i:',
  proxy_on_queue_ready: 'ii:',
  proxy_on_request_headers: 'iii:i',
  proxy_on_request_body: 'iii:i',
  proxy_on_request_trailers: 'ii:i',
  proxy_on_response_headers: 'iii:i',
  proxy_on_response_body: 'iii:i',
  proxy_on_response_trailers: 'ii:i',
  proxy_on_done: 'i:i',
  proxy_on_log: 'i:',
  proxy_on_delete: 'i:',
};

/** The type of an import Envoy offers, or undefined for one it does not. */
export function importSignature(moduleName: string, name: string): Signature | undefined {
  if (moduleName === 'env')
    return Object.hasOwn(environmentImports, name) ? environmentImports[name] : undefined;
  if (moduleName === 'wasi_snapshot_preview1' || moduleName === 'wasi_unstable') {
    return Object.hasOwn(wasiImports, name) ? wasiImports[name] : undefined;
  }
  return undefined;
}
