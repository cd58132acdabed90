import { type JsonObject, typeUrl } from './json.ts';
import type { SocketAddress, Upstream } from './options.ts';

/** All servers of an upstream. */
export function upstreamAddresses({ host, port, more = [] }: Upstream): SocketAddress[] {
  return [{ host, port }, ...more];
}

/** How Envoy speaks with servers. */
export function upstreamProtocol(
  protocol: Upstream['protocol'],
  common: JsonObject = {},
  maxConcurrentStreams?: number,
): JsonObject {
  const http2 = maxConcurrentStreams === undefined ? {} : { max_concurrent_streams: maxConcurrentStreams };
  return {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': typeUrl('envoy.extensions.upstreams.http.v3.HttpProtocolOptions'),
      // Shorter than the keep-alive of common servers (Node: 5 s), so that Envoy is the side that closes.
      common_http_protocol_options: { idle_timeout: '4s', ...common },
      explicit_http_config:
        protocol === 'h2c' ? { http2_protocol_options: http2 } : { http_protocol_options: {} },
    },
  };
}

export function socketAddress({ host, port }: SocketAddress): JsonObject {
  return { socket_address: { address: host, port_value: port } };
}
