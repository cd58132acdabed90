import { isIP } from 'node:net';
import type {
  ConnectionPool,
  LoadBalancer,
  OutlierDetection,
  PlannedDestination,
  PlannedEndpoint,
} from '../plan/routing-plan.ts';
import { bareName, hostForms } from './host-names.ts';
import { type JsonObject, typeUrl } from './json.ts';
import { localityEndpoints } from './locality-endpoints.ts';
import type { EnvoyOptions, Upstream } from './options.ts';
import { seconds } from './units.ts';
import { upstreamAddresses, upstreamProtocol } from './upstream.ts';

/** One cluster for each destination, with its own settings even where two have the same servers. */
export function destinationClusters(
  destinations: readonly PlannedDestination[],
  options: EnvoyOptions,
): JsonObject[] {
  return destinations.map((destination) => destinationCluster(destination, options));
}

/** Where a place says that a destination is: for its subset, else for its host, in any of a service's forms. */
export function namedUpstream(
  { host, subset }: Pick<PlannedDestination, 'host' | 'subset'>,
  { upstreamsByHost }: EnvoyOptions,
): Upstream | undefined {
  if (upstreamsByHost === undefined) return undefined;
  const isService = host.endsWith('.svc.cluster.local');
  const forms = [...hostForms(host), ...(isService ? [bareName(host)] : [])];
  const named = (suffix: string) =>
    forms.map((form) => upstreamsByHost.get(`${form}${suffix}`)).find((upstream) => upstream !== undefined);
  return (subset === undefined ? undefined : named(`/${subset}`)) ?? named('');
}

function destinationCluster(destination: PlannedDestination, options: EnvoyOptions): JsonObject {
  const { name, connectionPool = {}, loadBalancer, outlierDetection } = destination;
  const named = namedUpstream(destination, options);
  const endpoints =
    named === undefined
      ? (destination.endpoints ?? upstreamAddresses(options.upstream).map(asEndpoint))
      : upstreamAddresses(named).map(asEndpoint);
  const isStatic = endpoints.every(({ address }) => isIP(address) !== 0);
  const placed = localityEndpoints(endpoints, destination, options.locality);
  const protocol =
    named?.protocol ??
    destination.protocol ??
    (destination.endpoints === undefined ? options.upstream.protocol : undefined);
  return {
    '@type': typeUrl('envoy.config.cluster.v3.Cluster'),
    name,
    type: isStatic ? 'STATIC' : destination.dns === 'first' ? 'LOGICAL_DNS' : 'STRICT_DNS',
    dns_lookup_family: 'ALL',
    connect_timeout: seconds(connectionPool.connectTimeoutMillis ?? 5000),
    ...loadBalancing(loadBalancer),
    ...placed.cluster,
    load_assignment: { cluster_name: name, endpoints: placed.endpoints },
    circuit_breakers: { thresholds: [thresholds(connectionPool)] },
    ...(connectionPool.keepalive !== undefined && {
      upstream_connection_options: { tcp_keepalive: keepalive(connectionPool.keepalive) },
    }),
    ...(outlierDetection !== undefined && { outlier_detection: outliers(outlierDetection) }),
    ...(outlierDetection !== undefined &&
      placed.cluster.common_lb_config === undefined &&
      healthyPanic(outlierDetection)),
    typed_extension_protocol_options: upstreamProtocol(
      protocol,
      {
        ...(connectionPool.maxRequestsPerConnection !== undefined && {
          max_requests_per_connection: connectionPool.maxRequestsPerConnection,
        }),
        ...(connectionPool.maxConnectionMillis !== undefined && {
          max_connection_duration: seconds(connectionPool.maxConnectionMillis),
        }),
        ...(connectionPool.idleTimeoutMillis !== undefined && {
          idle_timeout: seconds(connectionPool.idleTimeoutMillis),
        }),
      },
      connectionPool.maxConcurrentStreams,
    ),
  };
}

function asEndpoint({ host, port }: { host: string; port: number }): PlannedEndpoint {
  return { address: host, port };
}

/** Istio turns Envoy's panic mode off unless `minHealthPercent` says when it begins: an ejected server stays ejected. */
function healthyPanic({ minHealthPercent }: OutlierDetection): JsonObject {
  return { common_lb_config: panicThreshold(minHealthPercent) };
}

function panicThreshold(percent = 0): JsonObject {
  return { healthy_panic_threshold: { value: percent } };
}

function outliers(detection: OutlierDetection): JsonObject {
  const gateway = detection.consecutiveGatewayErrors;
  const local = detection.consecutiveLocalOriginFailures;
  return {
    consecutive_5xx: Math.max(1, detection.consecutive5xx),
    enforcing_consecutive_5xx: detection.consecutive5xx === 0 ? 0 : 100,
    ...(gateway !== undefined && {
      consecutive_gateway_failure: Math.max(1, gateway),
      enforcing_consecutive_gateway_failure: gateway === 0 ? 0 : 100,
    }),
    ...(local !== undefined && {
      consecutive_local_origin_failure: Math.max(1, local),
      enforcing_consecutive_local_origin_failure: local === 0 ? 0 : 100,
    }),
    ...(detection.splitLocalOriginErrors === true && { split_external_local_origin_errors: true }),
    ...(detection.intervalMillis !== undefined && { interval: seconds(detection.intervalMillis) }),
    ...(detection.baseEjectionMillis !== undefined && {
      base_ejection_time: seconds(detection.baseEjectionMillis),
      // Envoy's own cap of 300 s would cut a longer time short.
      ...(detection.baseEjectionMillis > 300_000 && {
        max_ejection_time: seconds(detection.baseEjectionMillis),
      }),
    }),
    ...(detection.maxEjectionPercent !== undefined && {
      max_ejection_percent: detection.maxEjectionPercent,
    }),
    // Only what the rule names ejects, not Envoy's statistics over all servers.
    enforcing_success_rate: 0,
  };
}

function thresholds(pool: ConnectionPool): JsonObject {
  return {
    max_connections: pool.maxConnections ?? 65_536,
    max_pending_requests: pool.maxPendingRequests ?? 65_536,
    max_requests: pool.maxRequests ?? 65_536,
    max_retries: pool.maxRetries ?? 1024,
  };
}

function keepalive({
  probes,
  timeSeconds,
  intervalSeconds,
}: NonNullable<ConnectionPool['keepalive']>): JsonObject {
  return {
    ...(probes !== undefined && { keepalive_probes: probes }),
    ...(timeSeconds !== undefined && { keepalive_time: timeSeconds }),
    ...(intervalSeconds !== undefined && { keepalive_interval: intervalSeconds }),
  };
}

function loadBalancing(loadBalancer: LoadBalancer | undefined): JsonObject {
  if (loadBalancer === undefined) return {};
  const { policy, minimumRingSize, tableSize, warmup } = loadBalancer;
  const slowStart = warmup === undefined ? {} : { slow_start_config: slowStartConfig(warmup) };
  switch (policy) {
    case 'roundRobin':
      return { lb_policy: 'ROUND_ROBIN', ...(warmup !== undefined && { round_robin_lb_config: slowStart }) };
    case 'leastRequest':
      return {
        lb_policy: 'LEAST_REQUEST',
        ...(warmup !== undefined && { least_request_lb_config: slowStart }),
      };
    case 'random':
      return { lb_policy: 'RANDOM' };
    case 'ringHash':
      return {
        lb_policy: 'RING_HASH',
        ...(minimumRingSize !== undefined && { ring_hash_lb_config: { minimum_ring_size: minimumRingSize } }),
      };
    case 'maglev':
      return {
        lb_policy: 'MAGLEV',
        ...(tableSize !== undefined && { maglev_lb_config: { table_size: tableSize } }),
      };
  }
}

function slowStartConfig({
  millis,
  minimumPercent,
  aggression,
}: NonNullable<LoadBalancer['warmup']>): JsonObject {
  return {
    slow_start_window: seconds(millis),
    ...(minimumPercent !== undefined && { min_weight_percent: { value: minimumPercent } }),
    ...(aggression !== undefined && {
      aggression: { default_value: aggression, runtime_key: 'sluice.warmup.aggression' },
    }),
  };
}
