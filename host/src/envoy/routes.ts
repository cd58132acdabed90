import { longestWaitNanos } from '../plan/longest-wait.ts';
import type { Plan } from '../plan/plan.ts';
import { clusterName } from './clusters.ts';
import { type RoutedVirtualHost, withUpstreams } from './host-upstreams.ts';
import { type JsonObject, typeUrl } from './json.ts';
import { nativeHeaderFields } from './native-header-edits.ts';
import type { EnvoyOptions } from './options.ts';
import { filterName } from './wasm-filter.ts';

export const routeConfigurationName = 'sluice';

/** A held request whose VM traps is ended by nothing else. */
const routeTimeout = '15s';

/** What http-connection-manager.ts gives a stream on which nothing moves, as a held request's. */
const streamIdleSeconds = 300;
const nanosPerSecond = 1_000_000_000;
/** A held request is answered by the module; Envoy may end it only when that fails. */
const graceSeconds = 60;

export function routeConfiguration(plan: Plan, options: EnvoyOptions): JsonObject {
  return {
    '@type': typeUrl('envoy.config.route.v3.RouteConfiguration'),
    name: routeConfigurationName,
    ignore_port_in_host_matching: true,
    virtual_hosts: withUpstreams(plan.virtualHosts, options).map((host) =>
      virtualHost(host, idleTimeout(plan)),
    ),
  };
}

/** For routes whose requests may be held for longer than a stream may be idle. */
function idleTimeout({ plugin }: Plan): JsonObject {
  const seconds = Math.ceil(longestWaitNanos(plugin) / nanosPerSecond) + graceSeconds;
  return seconds > streamIdleSeconds ? { idle_timeout: `${seconds}s` } : {};
}

function virtualHost(
  { name, domains, routes, upstream, requestHeaderEdits }: RoutedVirtualHost,
  idleTimeout: JsonObject,
): JsonObject {
  const cluster = clusterName(upstream);
  const bypassed = routes.every((route) => !route.filtered);
  return {
    name,
    domains,
    ...nativeHeaderFields(requestHeaderEdits),
    ...(bypassed && { typed_per_filter_config: bypass }),
    routes: routes.map((route) => ({
      name: route.name,
      match: { prefix: route.pathPrefix },
      route: { cluster, timeout: routeTimeout, ...(route.filtered && idleTimeout) },
      ...(!bypassed && !route.filtered && { typed_per_filter_config: bypass }),
    })),
  };
}

/** Where no rule can apply, the request never enters the VM. */
const bypass: JsonObject = {
  [filterName]: { '@type': typeUrl('envoy.config.route.v3.FilterConfig'), disabled: true },
};
