import { isIP } from 'node:net';
import type { Plan } from '../plan/plan.ts';
import { destinationClusters } from './destination-clusters.ts';
import { type JsonObject, typeUrl } from './json.ts';
import type { EnvoyOptions, Upstream } from './options.ts';
import { socketAddress, upstreamAddresses, upstreamProtocol } from './upstream.ts';

/** One cluster for each destination of the plan and for each distinct upstream, the latter in the order they are first named. */
export function clusters(
  { destinations = [] }: Pick<Plan, 'destinations'>,
  options: EnvoyOptions,
): JsonObject[] {
  const distinct = new Map<string, Upstream>();
  for (const upstream of [options.upstream, ...(options.upstreamsByHost?.values() ?? [])]) {
    distinct.set(clusterName(upstream), upstream);
  }
  return [...destinationClusters(destinations, options), ...[...distinct.values()].map(cluster)];
}

export function clusterName(upstream: Upstream): string {
  const address = upstreamAddresses(upstream)
    .map(({ host, port }) => `${host}:${port}`)
    .join();
  return upstream.protocol === 'h2c' ? `h2c://${address}` : address;
}

function cluster(upstream: Upstream): JsonObject {
  const name = clusterName(upstream);
  const addresses = upstreamAddresses(upstream);
  return {
    '@type': typeUrl('envoy.config.cluster.v3.Cluster'),
    name,
    type: addresses.every(({ host }) => isIP(host) !== 0) ? 'STATIC' : 'STRICT_DNS',
    dns_lookup_family: 'ALL',
    connect_timeout: '5s',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        { lb_endpoints: addresses.map((address) => ({ endpoint: { address: socketAddress(address) } })) },
      ],
    },
    // Envoy's own caps of 1,024 would refuse with 503 before any policy has spoken.
    circuit_breakers: {
      thresholds: [
        { max_connections: 65_536, max_pending_requests: 65_536, max_requests: 65_536, max_retries: 1024 },
      ],
    },
    typed_extension_protocol_options: upstreamProtocol(upstream.protocol),
  };
}
