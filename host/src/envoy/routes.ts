import { longestWaitNanos } from '../plan/longest-wait.ts';
import type { Plan } from '../plan/plan.ts';
import type { ListenerName, PlannedDestination } from '../plan/routing-plan.ts';
import { clusterName } from './clusters.ts';
import { type RoutedVirtualHost, withUpstreams } from './host-upstreams.ts';
import { type JsonObject, typeUrl } from './json.ts';
import { nativeHeaderFields } from './native-header-edits.ts';
import type { EnvoyOptions } from './options.ts';
import { routeEntry, routeTimeout } from './route-entry.ts';
import { filterName } from './wasm-filter.ts';

export function routeConfigurationName(listener: ListenerName): string {
  return listener === 'local' ? 'sluice-local' : 'sluice';
}

/** What http-connection-manager.ts gives a stream on which nothing moves, as a held request's. */
const streamIdleSeconds = 300;
const nanosPerSecond = 1_000_000_000;
/** A held request is answered by the module; Envoy may end it only when that fails. */
const graceSeconds = 60;

export function routeConfiguration(plan: Plan, options: EnvoyOptions, listener: ListenerName): JsonObject {
  const destinations = new Map(plan.destinations?.map((each) => [each.name, each]));
  return {
    '@type': typeUrl('envoy.config.route.v3.RouteConfiguration'),
    name: routeConfigurationName(listener),
    ignore_port_in_host_matching: true,
    ...(hasLongAnswer(plan) && { max_direct_response_body_size_bytes: 65_536 }),
    virtual_hosts: withUpstreams(plan, options)
      .filter(({ listeners }) => listeners === undefined || listeners.includes(listener))
      .map((host) =>
        host.isUnknownHost === true
          ? unknownHost(host)
          : virtualHost(host, listener, destinations, idleTimeout(plan)),
      ),
  };
}

/** Envoy refuses bodies of more than 4,096 bytes unless it is told. */
function hasLongAnswer({ virtualHosts }: Plan): boolean {
  return virtualHosts.some(({ routes }) =>
    routes.some(
      ({ routing }) =>
        routing?.action.kind === 'answer' && Buffer.byteLength(routing.action.body ?? '') > 4096,
    ),
  );
}

/** Kinds that route have said which hosts there are; what they do not name costs no quota either. */
function unknownHost({ name, domains }: RoutedVirtualHost): JsonObject {
  return {
    name,
    domains,
    typed_per_filter_config: bypass,
    routes: [{ name: 'unknown-host', match: { prefix: '/' }, direct_response: { status: 404 } }],
  };
}

/** For routes whose requests may be held for longer than a stream may be idle. */
function idleTimeout({ plugin }: Plan): JsonObject {
  const seconds = Math.ceil(longestWaitNanos(plugin) / nanosPerSecond) + graceSeconds;
  return seconds > streamIdleSeconds ? { idle_timeout: `${seconds}s` } : {};
}

function virtualHost(
  { name, domains, routes, upstream, requireTls, requestHeaderEdits }: RoutedVirtualHost,
  listener: ListenerName,
  destinations: ReadonlyMap<string, PlannedDestination>,
  idleTimeout: JsonObject,
): JsonObject {
  const cluster = clusterName(upstream);
  const bypassed = routes.every((route) => !route.filtered);
  return {
    name,
    domains,
    ...nativeHeaderFields(requestHeaderEdits),
    ...(requireTls === true && listener === 'external' && { require_tls: 'ALL' }),
    ...(bypassed && { typed_per_filter_config: bypass }),
    routes: routes.map(({ name, pathPrefix, filtered, routing }) => {
      const filters = !bypassed && !filtered ? bypass : {};
      const idle = filtered ? idleTimeout : {};
      if (routing !== undefined) return { name, ...routeEntry(routing, destinations, idle, filters) };
      return {
        name,
        match: { prefix: pathPrefix },
        // A held request whose VM traps is ended by nothing else.
        route: { cluster, timeout: routeTimeout, ...idle },
        ...(!bypassed && !filtered && { typed_per_filter_config: bypass }),
      };
    }),
  };
}

/** Where no rule can apply, the request never enters the VM. */
const bypass: JsonObject = {
  [filterName]: { '@type': typeUrl('envoy.config.route.v3.FilterConfig'), disabled: true },
};
