import { type JsonObject, typeUrl } from './json.ts';
import type { EnvoyOptions } from './options.ts';
import { corsFilter, faultFilter } from './route-filters.ts';

/** Envoy's advice for an edge proxy, with the two parts that Sluice fills in. */
export function httpConnectionManager(
  statPrefix: string,
  routes: JsonObject,
  sluiceFilter: JsonObject,
  options: EnvoyOptions,
): JsonObject {
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': typeUrl('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: statPrefix,
      codec_type: 'AUTO',
      // The client is the peer of the connection: what it claims in x-forwarded-for names no bucket.
      use_remote_address: true,
      server_header_transformation: 'PASS_THROUGH',
      // A path has one spelling, so a limit on it cannot be walked around.
      normalize_path: true,
      merge_slashes: true,
      path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
      common_http_protocol_options: { idle_timeout: '3600s' },
      stream_idle_timeout: '300s',
      request_timeout: '300s',
      drain_timeout: '5s',
      http2_protocol_options: {
        max_concurrent_streams: 100,
        initial_stream_window_size: 65_536,
        // Room for the windows of all streams: uploads that are held must not stop the others of their connection.
        initial_connection_window_size: 6_553_600,
      },
      ...routes,
      http_filters: [
        // A preflight is answered before it costs anybody's quota; a fault stands for the upstream's, and comes last.
        corsFilter,
        sluiceFilter,
        faultFilter,
        {
          name: 'envoy.filters.http.router',
          typed_config: { '@type': typeUrl('envoy.extensions.filters.http.router.v3.Router') },
        },
      ],
      ...(options.accessLog !== undefined && { access_log: [accessLog(options.accessLog)] }),
    },
  };
}

function accessLog(path: string): JsonObject {
  return {
    name: 'envoy.access_loggers.file',
    typed_config: {
      '@type': typeUrl('envoy.extensions.access_loggers.file.v3.FileAccessLog'),
      path,
    },
  };
}
