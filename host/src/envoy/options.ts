import type { PluginConfiguration } from '../plan/plugin-configuration.ts';

/** An address to bind or to connect to. Port 0 when binding means: any free port. */
export interface SocketAddress {
  /** IP address, or a DNS name where something is connected to. */
  host: string;
  port: number;
}

/** A server that requests are forwarded to, in clear text. */
export interface Upstream extends SocketAddress {
  /** `h2c` is HTTP/2 with prior knowledge, as gRPC servers speak it. Default `http1`. */
  protocol?: 'http1' | 'h2c';
  /** Further servers, which share the requests. */
  more?: readonly SocketAddress[];
}

/** What Envoy does with requests after the module has trapped: answer 503 until a fresh VM runs (`FAIL_RELOAD`), for ever (`FAIL_CLOSED`), or let them pass without limits (`FAIL_OPEN`). */
export type FailurePolicy = 'FAIL_RELOAD' | 'FAIL_CLOSED' | 'FAIL_OPEN';
export const failurePolicies: readonly FailurePolicy[] = ['FAIL_RELOAD', 'FAIL_CLOSED', 'FAIL_OPEN'];

/** Everything about the place where a plan will run. */
export interface EnvoyOptions {
  listen: SocketAddress;
  /** A second listener, for traffic from inside the cluster: with the same virtual hosts, and those for it alone. */
  listenLocal?: SocketAddress;
  admin: SocketAddress;
  /** For every host that `upstreamsByHost` does not name. */
  upstream: Upstream;
  /**
   * Keys are authorities without port, lower case; a Kubernetes service may be named in any of its forms, and
   * `host/subset` stands for a subset of a DestinationRule.
   */
  upstreamsByHost?: ReadonlyMap<string, Upstream>;
  /** Where Envoy runs, `region/zone/subzone`; absent: its locality has no meaning. */
  locality?: string;
  /** Absolute path of the Wasm module. */
  modulePath: string;
  /** Default `FAIL_RELOAD`. */
  failurePolicy?: FailurePolicy;
  /** Absolute path of the folder Envoy will watch for clusters, filter and routes. */
  xdsDirectory: string;
  /** Rules name no hosts where the routes see to it that no others reach them. For an Envoy whose routes and filter are these alone. */
  leaveHostsToRoutes?: boolean;
  /** File for one line a request; `/dev/stdout` is allowed. Absent: no access log. */
  accessLog?: string;
  /** Replaces the module's log level of the plan. */
  logLevel?: NonNullable<PluginConfiguration['logLevel']>;
}
