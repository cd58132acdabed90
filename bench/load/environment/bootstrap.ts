export interface HttpFilter {
  name: string;
  typed_config: { '@type': string; [field: string]: unknown };
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
}

const type = (name: string): string => `type.googleapis.com/${name}`;
const loopback = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

/** Envoy's bootstrap: one listener that answers every request of the virtual hosts with an empty 200. */
export function bootstrap({ port, adminPort, httpFilters, virtualHosts }: BootstrapInput): object {
  const connectionManager = {
    '@type': type('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'bench',
    route_config: {
      virtual_hosts: virtualHosts.map(({ name, domains }) => ({
        name,
        domains,
        routes: [{ match: { prefix: '/' }, direct_response: { status: 200 } }],
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
  return {
    admin: { address: loopback(adminPort) },
    static_resources: {
      listeners: [
        {
          name: 'bench',
          address: loopback(port),
          filter_chains: [
            {
              filters: [
                { name: 'envoy.filters.network.http_connection_manager', typed_config: connectionManager },
              ],
            },
          ],
        },
      ],
    },
  };
}
