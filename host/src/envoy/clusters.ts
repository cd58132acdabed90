import { isIP } from 'node:net';
import { type JsonObject, typeUrl } from './json.ts';
import type { EnvoyOptions, SocketAddress, Upstream } from './options.ts';

/** One cluster for each distinct upstream, in the order they are first named. */
export function clusters(options: EnvoyOptions): JsonObject[] {
  const distinct = new Map<string, Upstream>();
  for (const upstream of [options.upstream, ...(options.upstreamsByHost?.values() ?? [])]) {
    distinct.set(clusterName(upstream), upstream);
  }
  return [...distinct.values()].map(cluster);
}

export function clusterName(upstream: Upstream): string {
  const address = `${upstream.host}:${upstream.port}`;
  return upstream.protocol === 'h2c' ? `h2c://${address}` : address;
}

function cluster(upstream: Upstream): JsonObject {
  const name = clusterName(upstream);
  return {
    '@type': typeUrl('envoy.config.cluster.v3.Cluster'),
    name,
    type: isIP(upstream.host) === 0 ? 'STRICT_DNS' : 'STATIC',
    dns_lookup_family: 'ALL',
    connect_timeout: '5s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(upstream) } }] }],
    },
    // Envoy's own caps of 1,024 would refuse with 503 before any policy has spoken.
    circuit_breakers: {
      thresholds: [
        { max_connections: 65_536, max_pending_requests: 65_536, max_requests: 65_536, max_retries: 1024 },
      ],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': typeUrl('envoy.extensions.upstreams.http.v3.HttpProtocolOptions'),
        // Shorter than the keep-alive of common servers (Node: 5 s), so that Envoy is the side that closes.
        common_http_protocol_options: { idle_timeout: '4s' },
        explicit_http_config:
          upstream.protocol === 'h2c' ? { http2_protocol_options: {} } : { http_protocol_options: {} },
      },
    },
  };
}

export function socketAddress({ host, port }: SocketAddress): JsonObject {
  return { socket_address: { address: host, port_value: port } };
}
