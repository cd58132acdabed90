import { z } from 'zod';
import { wholeMillis } from '../policy/fields/duration.ts';
import { requestHeaderName } from '../policy/fields/http.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { portNumber, wholeNumber } from '../policy/fields/number.ts';
import { anyText, flag, list, mapOf, object, oneOf } from '../policy/fields/object.ts';
import { routedHost } from '../policy/fields/routing.ts';
import { label, textThat } from '../policy/fields/text.ts';
import { carried, ISTIO_NETWORKING } from './istio-parts-schema.ts';

export const ISTIO_DESTINATION_RULE = { ...ISTIO_NETWORKING, kind: 'DestinationRule' } as const;

const MAX_COUNT = 2 ** 31 - 1;
const count = () => wholeNumber(0, MAX_COUNT);

const locality = textThat('a locality `region/zone/subzone`, whose last parts may be `*` or absent', (text) =>
  /^(\*|[\w.-]+(\/[\w.-]+){0,2}(\/\*)?)$/.test(text),
);

const loadBalancer = object({
  simple: oneOf([
    'UNSPECIFIED',
    'ROUND_ROBIN',
    'LEAST_REQUEST',
    'LEAST_CONN',
    'RANDOM',
    'PASSTHROUGH',
  ]).optional(),
  consistentHash: object({
    httpHeaderName: requestHeaderName().optional(),
    httpCookie: object({
      name: label(),
      path: anyText().optional(),
      ttl: wholeMillis(0).optional(),
    }).optional(),
    useSourceIp: flag().optional(),
    httpQueryParameterName: label().optional(),
    ringHash: object({ minimumRingSize: wholeNumber(1, 8_388_608).optional() }).optional(),
    maglev: object({ tableSize: wholeNumber(2, 5_000_011).optional() }).optional(),
    minimumRingSize: wholeNumber(1, 8_388_608).optional(),
  }).optional(),
  localityLbSetting: object({
    distribute: list(object({ from: locality, to: mapOf(locality, wholeNumber(0, 100)) })).optional(),
    failover: list(object({ from: label(), to: label() })).optional(),
    failoverPriority: carried,
    enabled: flag().optional(),
  }).optional(),
  warmupDurationSecs: wholeMillis(1).optional(),
  warmup: object({
    duration: wholeMillis(1),
    minimumPercent: z
      .number({ error: 'a number from 0 to 100' })
      .min(0, { error: 'a number from 0 to 100' })
      .max(100, { error: 'a number from 0 to 100' })
      .optional(),
    aggression: z.number({ error: 'a number ≥ 1' }).min(1, { error: 'a number ≥ 1' }).optional(),
  }).optional(),
});
export type IstioLoadBalancer = z.output<typeof loadBalancer>;

const connectionPool = object({
  tcp: object({
    maxConnections: count().optional(),
    connectTimeout: wholeMillis(1).optional(),
    maxConnectionDuration: wholeMillis(1).optional(),
    idleTimeout: wholeMillis(1).optional(),
    tcpKeepalive: object({
      probes: count().optional(),
      time: wholeMillis(1).optional(),
      interval: wholeMillis(1).optional(),
    }).optional(),
  }).optional(),
  http: object({
    http1MaxPendingRequests: count().optional(),
    http2MaxRequests: count().optional(),
    maxRequestsPerConnection: count().optional(),
    maxRetries: count().optional(),
    idleTimeout: wholeMillis(1).optional(),
    h2UpgradePolicy: oneOf(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']).optional(),
    useClientProtocol: flag().optional(),
    maxConcurrentStreams: count().optional(),
    http2KeepAlive: object({ interval: wholeMillis(1), timeout: wholeMillis(1) }).optional(),
  }).optional(),
});
export type IstioConnectionPool = z.output<typeof connectionPool>;

const outlierDetection = object({
  splitExternalLocalOriginErrors: flag().optional(),
  consecutiveLocalOriginFailures: count().optional(),
  consecutiveGatewayErrors: count().optional(),
  consecutive5xxErrors: count().optional(),
  consecutiveErrors: count().optional(),
  interval: wholeMillis(1).optional(),
  baseEjectionTime: wholeMillis(1).optional(),
  maxEjectionPercent: wholeNumber(0, 100).optional(),
  minHealthPercent: wholeNumber(0, 100).optional(),
});
export type IstioOutlierDetection = z.output<typeof outlierDetection>;

const settings = {
  loadBalancer: loadBalancer.optional(),
  connectionPool: connectionPool.optional(),
  outlierDetection: outlierDetection.optional(),
  // Not honoured: the kind's rules name them.
  tls: carried,
};
const portSettings = object({ port: object({ number: portNumber() }), ...settings });
const trafficPolicy = object({
  ...settings,
  portLevelSettings: list(portSettings).optional(),
  tunnel: carried,
  proxyProtocol: carried,
  retryBudget: carried,
});
export type IstioTrafficPolicy = z.output<typeof trafficPolicy>;

export const istioDestinationRuleSchema = kubernetesObject(
  ISTIO_DESTINATION_RULE,
  object({
    host: routedHost({ wildcard: true }),
    trafficPolicy: trafficPolicy.optional(),
    subsets: list(
      object({
        name: label(),
        labels: mapOf(anyText(), anyText()).optional(),
        trafficPolicy: trafficPolicy.optional(),
      }),
    ).optional(),
    exportTo: list(anyText()).optional(),
    workloadSelector: carried,
  }),
);
export type IstioDestinationRule = z.output<typeof istioDestinationRuleSchema>;
