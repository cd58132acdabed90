import { join } from 'node:path';
import type { ListenerName } from '../plan/routing-plan.ts';
import type { XdsFile } from './files.ts';
import { httpConnectionManager } from './http-connection-manager.ts';
import type { JsonObject } from './json.ts';
import { typeUrl } from './json.ts';
import { localityOf } from './locality-endpoints.ts';
import type { EnvoyOptions, SocketAddress } from './options.ts';
import { routeConfigurationName } from './routes.ts';
import { socketAddress } from './upstream.ts';
import { filterName, wasmTypeUrl } from './wasm-filter.ts';

/** What stands still for the life of the process; clusters, routes and the filter come from watched files. */
export function bootstrapFromFiles(options: EnvoyOptions): JsonObject {
  const routes = (listener: ListenerName) => ({
    rds: {
      route_config_name: routeConfigurationName(listener),
      config_source: watched(listener === 'local' ? 'routes-local.json' : 'routes.json', options),
    },
  });
  const filter = {
    name: filterName,
    config_discovery: { config_source: watched('filter.json', options), type_urls: [wasmTypeUrl] },
  };
  return {
    ...bootstrap(options, routes, filter),
    dynamic_resources: { cds_config: watched('clusters.json', options) },
  };
}

/** The same with everything in one file, for reading, for `envoy --mode validate`, and for running without edits. */
export function bootstrapInOneFile(
  options: EnvoyOptions,
  clusters: JsonObject[],
  routes: (listener: ListenerName) => JsonObject,
  filter: JsonObject,
): JsonObject {
  const withResources = bootstrap(options, (listener) => ({ route_config: withoutType(routes(listener)) }), {
    name: filterName,
    typed_config: filter,
  });
  return {
    ...withResources,
    static_resources: {
      ...withResources.static_resources,
      clusters: clusters.map(withoutType),
    },
  };
}

function bootstrap(
  options: EnvoyOptions,
  routes: (listener: ListenerName) => JsonObject,
  filter: JsonObject,
) {
  const listeners = [listener('ingress', options.listen, routes('external'), filter, options)];
  if (options.listenLocal !== undefined) {
    listeners.push(listener('local', options.listenLocal, routes('local'), filter, options));
  }
  return {
    node: {
      id: 'sluice',
      cluster: 'sluice',
      ...(options.locality !== undefined && { locality: localityOf(options.locality) }),
    },
    admin: { address: socketAddress(options.admin) },
    overload_manager: {
      resource_monitors: [
        {
          name: 'envoy.resource_monitors.global_downstream_max_connections',
          typed_config: {
            '@type': typeUrl(
              'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
            ),
            max_active_downstream_connections: 50_000,
          },
        },
      ],
    },
    static_resources: { listeners },
  };
}

function listener(
  name: string,
  address: SocketAddress,
  routes: JsonObject,
  filter: JsonObject,
  options: EnvoyOptions,
): JsonObject {
  return {
    name,
    address: socketAddress(address),
    filter_chains: [{ filters: [httpConnectionManager(name, routes, filter, options)] }],
  };
}

/** Envoy watches the file's folder for renames into place, which is how the files are replaced. */
function watched(name: XdsFile['name'], options: EnvoyOptions): JsonObject {
  return {
    path_config_source: { path: join(options.xdsDirectory, name) },
    resource_api_version: 'V3',
  };
}

function withoutType({ '@type': _, ...message }: JsonObject): JsonObject {
  return message;
}
