import { quote } from '../../policy/describe-value.ts';
import type { Diagnostic } from '../../policy/diagnostic.ts';
import { didYouMean } from '../../policy/did-you-mean.ts';
import type { Routing } from '../../policy/routing.ts';
import { isServiceHost } from '../../policy/service-host.ts';
import type { PlannedRoute, PlannedVirtualHost } from '../plan.ts';
import type { PlannedDestination, RedirectAction, RouteRouting } from '../routing-plan.ts';
import type { AttachedTable } from './attach-tables.ts';
import { Destinations } from './destinations.ts';
import type { OwnedRoute } from './route-order.ts';
import { type ServedHost, serveHosts } from './serve-hosts.ts';

/** What the kinds that route make of hosts, before it is known which policies apply. */
export interface RoutedHosts {
  virtualHosts: PlannedVirtualHost[];
  /** Hosts that only a ServiceEntry or a DestinationRule names: one route, to themselves. By host. */
  plainHosts: ReadonlyMap<string, RouteRouting>;
  destinations: PlannedDestination[];
  diagnostics: Diagnostic[];
}

export function routeHosts(
  routing: Required<Routing>,
  attached: readonly AttachedTable[],
  formsOf: ReadonlyMap<string, readonly string[]>,
): RoutedHosts {
  const served = serveHosts(attached, formsOf);
  const destinations = new Destinations(routing);
  const virtualHosts = served.hosts.map((host) => virtualHost(host, destinations));
  const taken = new Set([...virtualHosts.flatMap(({ domains }) => domains), ...destinations.hosts]);
  const plainHosts = new Map<string, RouteRouting>();
  for (const { host, port, origin } of namedHosts(routing)) {
    if (taken.has(host) || plainHosts.has(host)) continue;
    const name = destinations.nameOf({ host, ...(port !== undefined && { port }), origin });
    plainHosts.set(host, forwardTo(name));
  }
  return {
    virtualHosts,
    plainHosts,
    destinations: destinations.all,
    diagnostics: [...unknownClasses(routing), ...served.diagnostics, ...destinations.diagnostics],
  };
}

/** Where classes are among the files, a gateway of another was probably meant for somebody else. */
function unknownClasses({ gateways, gatewayClasses }: Required<Routing>): Diagnostic[] {
  if (gatewayClasses.length === 0) return [];
  return gateways.flatMap(({ className }) => {
    if (className === undefined || gatewayClasses.includes(className.name)) return [];
    const { document, path } = className.origin;
    const message = `expected a GatewayClass among the files (${gatewayClasses.join(', ')}), got ${quote(className.name)}${didYouMean(className.name, gatewayClasses)}`;
    return [document.diagnostic('error', path, message)];
  });
}

/** Services whose short forms are known, too. */
export function servicesOf(routing: Required<Routing>, attached: readonly AttachedTable[]): string[] {
  const hosts = attached.flatMap((each) => each.hosts.filter(({ withForms }) => withForms));
  const named = namedHosts(routing).filter(({ host }) => isServiceHost(host));
  return [...new Set([...hosts, ...named].map(({ host }) => host))];
}

/** The hosts of ServiceEntries and DestinationRules, patterns left out: what they stand for is not known. */
function namedHosts({ serviceEntries, destinationRules }: Required<Routing>) {
  return [
    ...serviceEntries.flatMap(({ hosts, ports, origin }) =>
      hosts.map((host) => ({ host, port: ports[0]?.number, origin })),
    ),
    ...destinationRules.map(({ host, origin }) => ({ host, port: undefined, origin })),
  ].filter(({ host }) => !host.startsWith('*'));
}

function virtualHost(
  { name, domains, listeners, requireTls, routes }: ServedHost,
  destinations: Destinations,
): PlannedVirtualHost {
  return {
    name,
    domains,
    routes: routes.map((route) => plannedRoute(route, domains, destinations)),
    listeners,
    ...(requireTls && { requireTls }),
  };
}

function plannedRoute(
  { route }: OwnedRoute,
  domains: readonly string[],
  destinations: Destinations,
): PlannedRoute {
  const { name, origin: _, section: __, action, ...rest } = route;
  const { path } = route.match;
  return {
    name,
    pathPrefix: path.is === 'regex' ? '/' : path.value,
    filtered: false,
    routing: {
      ...rest,
      action:
        action.kind === 'forward'
          ? resolved(action, destinations)
          : action.kind === 'redirect'
            ? withPort(action, domains)
            : action,
    },
  };
}

/**
 * The port of another scheme is not written, and the one the client has called must not stay: where the host is known,
 * it is named without; else the scheme's own port is.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httprequestredirectfilter (port)
 */
function withPort(action: RedirectAction, domains: readonly string[]): RedirectAction {
  const { impliedPort, ...rest } = action;
  if (impliedPort === undefined || rest.host !== undefined) return rest;
  const [domain, ...others] = domains;
  if (others.length === 0 && !domain!.startsWith('*')) return { ...rest, host: domain! };
  return { ...rest, port: rest.scheme === 'https' ? 443 : 80 };
}

function resolved(
  action: Extract<OwnedRoute['route']['action'], { kind: 'forward' }>,
  destinations: Destinations,
): Extract<RouteRouting['action'], { kind: 'forward' }> {
  const { backends, mirrors, ...rest } = action;
  return {
    ...rest,
    backends: backends.map((each) => ({ ...each, backend: destinations.nameOf(each.backend) })),
    ...(mirrors !== undefined && {
      mirrors: mirrors.map((each) => ({ ...each, backend: destinations.nameOf(each.backend) })),
    }),
  };
}

function forwardTo(destination: string): RouteRouting {
  const none = { set: [], add: [], remove: [] };
  return {
    match: { path: { is: 'prefix', value: '/' }, headers: [], query: [] },
    action: {
      kind: 'forward',
      backends: [{ backend: destination, weight: 1, request: none, response: none }],
    },
  };
}
