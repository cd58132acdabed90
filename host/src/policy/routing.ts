import type {
  ConnectionPool,
  ListenerName,
  LoadBalancer,
  LocalitySettings,
  OutlierDetection,
  RouteRouting,
} from '../plan/routing-plan.ts';
import type { FieldPath } from './field-path.ts';
import type { PolicyDocument } from './policy-document.ts';

/**
 * What every kind that routes becomes once it is valid, in the words of plan/routing-plan.ts, but with services instead
 * of clusters, and with the names of gateways instead of what those serve. Planning needs to see all of them.
 */
export interface Routing {
  tables?: RouteTable[];
  gateways?: RoutingGateway[];
  gatewayClasses?: string[];
  destinationRules?: DestinationRuleSettings[];
  serviceEntries?: ServiceEntrySettings[];
  grants?: ReferenceGrantSettings[];
}

/** Where something stands, for messages of later stages. */
export interface Origin {
  document: PolicyDocument;
  path: FieldPath;
}

/** Kinds whose objects say which hosts are served, and how. */
export type FrontDoor = 'Ingress' | 'VirtualService' | 'HTTPRoute' | 'GRPCRoute';

/** The routes of one object (of one rule of a KIngress) for its hosts. */
export interface RouteTable {
  kind: FrontDoor;
  namespace: string;
  name: string;
  origin: Origin;
  /** `metadata.creationTimestamp`; empty when there is none. */
  createdAt: string;
  /** Empty: every host of its gateways. */
  hosts: TableHost[];
  /** Gateways, of which its hosts must be. `undefined`: none, the hosts are served as they are. */
  parents?: ParentReference[];
  listeners: ListenerName[];
  /** The sidecars of callers carry it out, beside its gateways or alone. */
  isForMesh?: true;
  /** Other objects, which are not among the files, may have routes for its hosts too. */
  mayShareHosts?: true;
  /** Clear text is answered with a redirect on the external listener. */
  requireTls?: true;
  /** In the order of the document. */
  routes: PolicyRoute[];
}

/** `withForms`: a service by its full name, which is served under its short forms too. */
export interface TableHost {
  host: string;
  withForms: boolean;
  origin: Origin;
}

export interface ParentReference {
  api: GatewayApi;
  namespace: string;
  name: string;
  section?: string;
  port?: number;
  origin: Origin;
}

export type GatewayApi = 'networking.istio.io' | 'gateway.networking.k8s.io';

/** Several of them may have one name: the matches of one rule. */
export interface PolicyRoute extends RouteRouting<PolicyBackend> {
  /** Envoy's route name. */
  name: string;
  /** What a `sectionName` calls it. */
  section?: string;
  /** What istiod calls it, where that is a name of its own. */
  istioName?: string;
  origin: Origin;
}

/** A server named in a route, before it is known what that is. */
export interface PolicyBackend {
  /** Lower case; a service by its full name. */
  host: string;
  port?: number;
  subset?: string;
  protocol?: 'h2c';
  origin: Origin;
  /** Set when a ReferenceGrant must allow it. */
  needsGrant?: { from: FrontDoor; fromNamespace: string; namespace: string; name: string };
}

export interface RoutingGateway {
  api: GatewayApi;
  namespace: string;
  name: string;
  origin: Origin;
  /** Of Gateway API. */
  className?: { name: string; origin: Origin };
  /** Of Istio: labels of the pods that are the gateway. */
  selector?: Readonly<Record<string, string>>;
  listeners: GatewayListener[];
}

export interface GatewayListener {
  /** What a `sectionName` calls it. */
  section?: string;
  port: number;
  /** `*` for every host. */
  hosts: { host: string; namespace?: string }[];
  /** Clients would speak TLS with it. */
  isTls?: true;
  /** Routes of which namespaces it takes; absent: all. */
  fromNamespace?: string;
  /** Absent: all. */
  kinds?: readonly string[];
  requireTls?: true;
}

/** `DestinationRule`. */
export interface DestinationRuleSettings {
  namespace: string;
  name: string;
  /** A service by its full name, another host, or a pattern such as `*.default.svc.cluster.local`. */
  host: string;
  origin: Origin;
  policy: TrafficSettings;
  ports: ReadonlyMap<number, TrafficSettings>;
  subsets: ReadonlyMap<string, SubsetSettings>;
}

export interface SubsetSettings {
  labels: [name: string, value: string][];
  policy: TrafficSettings;
  ports: ReadonlyMap<number, TrafficSettings>;
}

export interface TrafficSettings {
  outlierDetection?: OutlierDetection;
  loadBalancer?: LoadBalancer;
  locality?: LocalitySettings;
  connectionPool?: ConnectionPool;
  protocol?: 'h2c';
}

/** `ServiceEntry`. */
export interface ServiceEntrySettings {
  namespace: string;
  name: string;
  origin: Origin;
  hosts: string[];
  ports: { number: number; name: string; targetPort: number; protocol: 'http1' | 'h2c' }[];
  /** `none`: requests go where the place says. */
  resolution: 'none' | 'static' | 'dns' | 'dnsFirst';
  endpoints: {
    address: string;
    ports: ReadonlyMap<string, number>;
    labels: ReadonlyMap<string, string>;
    weight?: number;
    locality?: string;
  }[];
}

/** `ReferenceGrant`: objects of `from` may name services of its own namespace. */
export interface ReferenceGrantSettings {
  namespace: string;
  from: { kind: string; namespace: string }[];
  /** Names of services; undefined: all. */
  to: (string | undefined)[];
}

/** A policy's target that is an object which routes. */
export interface RoutedTarget {
  kind: FrontDoor | 'Gateway' | 'ServiceEntry';
  /** Of a Gateway; absent: either. */
  api?: GatewayApi;
  namespace: string;
  name: string;
  /** A route, or a gateway's listener. */
  section?: string;
  origin: Origin;
}
