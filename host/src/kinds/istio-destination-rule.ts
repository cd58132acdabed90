import type {
  ConnectionPool,
  HashKey,
  LoadBalancer,
  LocalitySettings,
  OutlierDetection,
} from '../plan/routing-plan.ts';
import { fieldPattern } from '../policy/field-path.ts';
import { durationMillis } from '../policy/fields/duration.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import type { TrafficSettings } from '../policy/routing.ts';
import {
  istioConsecutiveErrors,
  istioEjectionPossible,
  istioOneLoadBalancer,
  istioTrafficNotHonoured,
} from '../policy/rules/istio-traffic-policy.ts';
import { notHonoured } from '../policy/rules/not-honoured.ts';
import { uniqueNames } from '../policy/rules/unique-names.ts';
import {
  ISTIO_DESTINATION_RULE,
  type IstioConnectionPool,
  type IstioDestinationRule,
  type IstioLoadBalancer,
  type IstioOutlierDetection,
  type IstioTrafficPolicy,
  istioDestinationRuleSchema,
} from './istio-destination-rule-schema.ts';
import { istioHost } from './istio-host.ts';
import { definePolicyKind } from './policy-kind.ts';

/** What Istio says of servers; docs/policies/istio-destination-rule.md says what each field means here. */
export const istioDestinationRule = definePolicyKind<IstioDestinationRule>({
  ...ISTIO_DESTINATION_RULE,
  schema: istioDestinationRuleSchema,
  rules: [
    istioConsecutiveErrors,
    istioEjectionPossible,
    istioOneLoadBalancer,
    istioTrafficNotHonoured,
    uniqueNames(fieldPattern('spec.subsets[].name'), 'subset of this DestinationRule'),
    notHonoured([
      {
        field: 'spec.exportTo',
        message: 'expected no exportTo, which has no effect here: the rule is for every caller',
      },
      {
        field: 'spec.workloadSelector',
        message: 'expected no workloadSelector, which has no effect here: the rule is for every caller',
      },
    ]),
  ],
  toPolicy: ({ metadata, spec }, document) => {
    const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
    return {
      routing: {
        destinationRules: [
          {
            namespace,
            name: metadata.name,
            host: istioHost(spec.host, namespace).host,
            origin: { document, path: ['spec'] },
            policy: trafficSettings(spec.trafficPolicy),
            ports: portSettings(spec.trafficPolicy),
            subsets: new Map(
              (spec.subsets ?? []).map(({ name, labels = {}, trafficPolicy }) => [
                name,
                {
                  labels: Object.entries(labels),
                  policy: trafficSettings(trafficPolicy),
                  ports: portSettings(trafficPolicy),
                },
              ]),
            ),
          },
        ],
      },
    };
  },
});

type Settings = Pick<IstioTrafficPolicy, 'loadBalancer' | 'connectionPool' | 'outlierDetection'>;

function portSettings(policy: IstioTrafficPolicy | undefined): Map<number, TrafficSettings> {
  return new Map((policy?.portLevelSettings ?? []).map((each) => [each.port.number, trafficSettings(each)]));
}

function trafficSettings({ loadBalancer, connectionPool, outlierDetection }: Settings = {}): TrafficSettings {
  const balancer = loadBalancer === undefined ? undefined : loadBalancing(loadBalancer);
  const locality = loadBalancer?.localityLbSetting;
  return {
    ...(outlierDetection !== undefined && { outlierDetection: outliers(outlierDetection) }),
    ...(balancer !== undefined && { loadBalancer: balancer }),
    // Istio prefers near servers as soon as failing ones are ejected, unless it is told not to.
    ...(locality?.enabled !== false &&
      (locality !== undefined || outlierDetection !== undefined) && { locality: localitySettings(locality) }),
    ...(connectionPool !== undefined && { connectionPool: pool(connectionPool) }),
    ...(connectionPool?.http?.h2UpgradePolicy === 'UPGRADE' && { protocol: 'h2c' as const }),
  };
}

function outliers(detection: IstioOutlierDetection): OutlierDetection {
  const { consecutiveErrors, interval, baseEjectionTime } = detection;
  const gateway = detection.consecutiveGatewayErrors ?? consecutiveErrors;
  return {
    // 5 where nothing is said: Istio's and Envoy's default.
    consecutive5xx: detection.consecutive5xxErrors ?? consecutiveErrors ?? 5,
    ...(gateway !== undefined && { consecutiveGatewayErrors: gateway }),
    ...(detection.consecutiveLocalOriginFailures !== undefined && {
      consecutiveLocalOriginFailures: detection.consecutiveLocalOriginFailures,
    }),
    ...(detection.splitExternalLocalOriginErrors !== undefined && {
      splitLocalOriginErrors: detection.splitExternalLocalOriginErrors,
    }),
    ...(interval !== undefined && { intervalMillis: durationMillis(interval) }),
    ...(baseEjectionTime !== undefined && { baseEjectionMillis: durationMillis(baseEjectionTime) }),
    ...(detection.maxEjectionPercent !== undefined && { maxEjectionPercent: detection.maxEjectionPercent }),
    ...(detection.minHealthPercent !== undefined && { minHealthPercent: detection.minHealthPercent }),
  };
}

/** Istio's default is least request. */
const SIMPLE = {
  UNSPECIFIED: 'leastRequest',
  ROUND_ROBIN: 'roundRobin',
  LEAST_REQUEST: 'leastRequest',
  LEAST_CONN: 'leastRequest',
  RANDOM: 'random',
  PASSTHROUGH: 'roundRobin',
} as const;

function loadBalancing(balancer: IstioLoadBalancer): LoadBalancer | undefined {
  const { simple, consistentHash, warmup, warmupDurationSecs } = balancer;
  if (consistentHash !== undefined) {
    const { maglev, ringHash, minimumRingSize = ringHash?.minimumRingSize } = consistentHash;
    return {
      policy: maglev === undefined ? 'ringHash' : 'maglev',
      hash: hashKey(consistentHash),
      ...(maglev?.tableSize !== undefined && { tableSize: maglev.tableSize }),
      ...(maglev === undefined && minimumRingSize !== undefined && { minimumRingSize }),
    };
  }
  const millis = warmup?.duration ?? warmupDurationSecs;
  if (simple === undefined && millis === undefined) return undefined;
  return {
    policy: SIMPLE[simple ?? 'UNSPECIFIED'],
    ...(millis !== undefined && {
      warmup: {
        millis: durationMillis(millis),
        ...(warmup?.minimumPercent !== undefined && { minimumPercent: warmup.minimumPercent }),
        ...(warmup?.aggression !== undefined && { aggression: warmup.aggression }),
      },
    }),
  };
}

/** One of them is there: rules/istio-traffic-policy.ts. */
function hashKey(hash: NonNullable<IstioLoadBalancer['consistentHash']>): HashKey {
  const { httpHeaderName, httpCookie, httpQueryParameterName } = hash;
  if (httpHeaderName !== undefined) return { on: 'header', name: httpHeaderName.toLowerCase() };
  if (httpQueryParameterName !== undefined) return { on: 'query', name: httpQueryParameterName };
  if (httpCookie === undefined) return { on: 'sourceAddress' };
  const { name, path, ttl } = httpCookie;
  return {
    on: 'cookie',
    name,
    ...(path !== undefined && { path }),
    ...(ttl !== undefined && { ttlMillis: durationMillis(ttl) }),
  };
}

function localitySettings(setting: IstioLoadBalancer['localityLbSetting']): LocalitySettings {
  return {
    distribute: (setting?.distribute ?? []).map(({ from, to }) => ({ from, to: Object.entries(to) })),
    failover: (setting?.failover ?? []).map(({ from, to }) => [from, to]),
  };
}

function pool({ tcp = {}, http = {} }: IstioConnectionPool): ConnectionPool {
  const { tcpKeepalive: keepalive } = tcp;
  const idle = http.idleTimeout ?? tcp.idleTimeout;
  const entries = Object.entries({
    maxConnections: tcp.maxConnections,
    maxPendingRequests: http.http1MaxPendingRequests,
    maxRequests: http.http2MaxRequests,
    maxRetries: http.maxRetries,
    // 0 is Istio's and Envoy's word for no limit.
    maxRequestsPerConnection: http.maxRequestsPerConnection || undefined,
    maxConcurrentStreams: http.maxConcurrentStreams || undefined,
    connectTimeoutMillis: tcp.connectTimeout && durationMillis(tcp.connectTimeout),
    idleTimeoutMillis: idle && durationMillis(idle),
    maxConnectionMillis: tcp.maxConnectionDuration && durationMillis(tcp.maxConnectionDuration),
    keepalive: keepalive && {
      ...(keepalive.probes !== undefined && { probes: keepalive.probes }),
      ...(keepalive.time !== undefined && { timeSeconds: wholeSeconds(keepalive.time) }),
      ...(keepalive.interval !== undefined && { intervalSeconds: wholeSeconds(keepalive.interval) }),
    },
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as ConnectionPool;
}

function wholeSeconds(text: string): number {
  return Math.max(1, Math.round(durationMillis(text) / 1000));
}
