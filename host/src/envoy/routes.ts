import type { Plan } from '../plan/plan.ts';
import { clusterName } from './clusters.ts';
import { type RoutedVirtualHost, withUpstreams } from './host-upstreams.ts';
import { type JsonObject, typeUrl } from './json.ts';
import type { EnvoyOptions } from './options.ts';
import { filterName } from './wasm-filter.ts';

export const routeConfigurationName = 'sluice';

/** A held request whose VM traps is ended by nothing else. */
const routeTimeout = '15s';

export function routeConfiguration(plan: Plan, options: EnvoyOptions): JsonObject {
  return {
    '@type': typeUrl('envoy.config.route.v3.RouteConfiguration'),
    name: routeConfigurationName,
    ignore_port_in_host_matching: true,
    virtual_hosts: withUpstreams(plan.virtualHosts, options).map(virtualHost),
  };
}

function virtualHost({ name, domains, routes, upstream }: RoutedVirtualHost): JsonObject {
  const cluster = clusterName(upstream);
  const bypassed = routes.every((route) => !route.filtered);
  return {
    name,
    domains,
    ...(bypassed && { typed_per_filter_config: bypass }),
    routes: routes.map((route) => ({
      name: route.name,
      match: { prefix: route.pathPrefix },
      route: { cluster, timeout: routeTimeout },
      ...(!bypassed && !route.filtered && { typed_per_filter_config: bypass }),
    })),
  };
}

/** Where no rule can apply, the request never enters the VM. */
const bypass: JsonObject = {
  [filterName]: { '@type': typeUrl('envoy.config.route.v3.FilterConfig'), disabled: true },
};
