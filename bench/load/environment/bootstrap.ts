/** A filter as the listener names it: with its configuration, or with where that is watched. */
export type HttpFilter = ConfiguredFilter | DiscoveredFilter;

export interface ConfiguredFilter {
  name: string;
  typed_config: { '@type': string; [field: string]: unknown };
}

export interface DiscoveredFilter {
  name: string;
  config_discovery: { config_source: object; type_urls: string[] };
}

export interface VirtualHost {
  name: string;
  domains: string[];
}

export interface BootstrapInput {
  port: number;
  adminPort: number;
  httpFilters: HttpFilter[];
  virtualHosts: VirtualHost[];
  /** Requests go on to a second listener of the same Envoy, which answers them. */
  upstreamPort?: number | undefined;
}

const type = (name: string): string => `type.googleapis.com/${name}`;
const loopback = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

/** Envoy's bootstrap: one listener that answers every request of the virtual hosts with an empty 200, or has it answered by another. */
export function bootstrap({
  port,
  adminPort,
  httpFilters,
  virtualHosts,
  upstreamPort,
}: BootstrapInput): object {
  const answer = { direct_response: { status: 200 } };
  const connectionManager = {
    '@type': type('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'bench',
    route_config: {
      virtual_hosts: virtualHosts.map(({ name, domains }) => ({
        name,
        domains,
        routes: [
          {
            match: { prefix: '/' },
            ...(upstreamPort === undefined ? answer : { route: { cluster: 'bench' } }),
          },
        ],
      })),
    },
    http_filters: [
      ...httpFilters,
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': type('envoy.extensions.filters.http.router.v3.Router') },
      },
    ],
  };
  const upstreamManager = {
    ...connectionManager,
    stat_prefix: 'upstream',
    route_config: {
      virtual_hosts: [{ name: 'any', domains: ['*'], routes: [{ match: { prefix: '/' }, ...answer }] }],
    },
    http_filters: connectionManager.http_filters.slice(-1),
  };
  return {
    // Discovery asks for a name.
    node: { id: 'bench', cluster: 'bench' },
    admin: { address: loopback(adminPort) },
    static_resources: {
      listeners: [
        listener(port, connectionManager),
        ...(upstreamPort === undefined ? [] : [listener(upstreamPort, upstreamManager)]),
      ],
      ...(upstreamPort !== undefined && { clusters: [cluster(upstreamPort)] }),
    },
  };
}

function listener(port: number, connectionManager: object): object {
  return {
    name: `bench-${port}`,
    address: loopback(port),
    filter_chains: [
      {
        filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: connectionManager }],
      },
    ],
  };
}

function cluster(port: number): object {
  return {
    name: 'bench',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: 'bench',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: loopback(port) } }] }],
    },
  };
}
