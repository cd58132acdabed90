import type { Plan, PlannedVirtualHost } from '../plan/plan.ts';
import type { PlannedDestination } from '../plan/routing-plan.ts';
import { bareName, hostForms, isServiceHost } from './host-names.ts';
import type { EnvoyOptions, Upstream } from './options.ts';

export interface RoutedVirtualHost extends PlannedVirtualHost {
  upstream: Upstream;
}

/**
 * Gives every virtual host its upstream. A host named with an upstream of its own that no virtual host names gets a
 * virtual host of its own, with the routes of the one that answered for it until then, so its limits still hold.
 */
export function withUpstreams(
  { virtualHosts, destinations = [] }: Pick<Plan, 'virtualHosts' | 'destinations'>,
  options: EnvoyOptions,
): RoutedVirtualHost[] {
  const behindRoutes = new Set(destinations.flatMap((destination) => destinationNames(destination)));
  const routed = virtualHosts.map((virtualHost) => ({ ...virtualHost, upstream: options.upstream }));
  if (options.upstreamsByHost === undefined) return routed;
  const byDomain = new Map<string, RoutedVirtualHost>();
  for (const virtualHost of routed) {
    for (const domain of virtualHost.domains) byDomain.set(domain, virtualHost);
  }
  const added: RoutedVirtualHost[] = [];
  for (const [host, upstream] of options.upstreamsByHost) {
    // A server behind routes, which decide by whom it can be called; or a subset that no route names.
    if (behindRoutes.has(host) || host.includes('/')) continue;
    const forms = hostForms(host);
    const named = forms.map((form) => byDomain.get(form)).find((virtualHost) => virtualHost !== undefined);
    if ((named ?? mostExact(host, byDomain)).listeners !== undefined) continue;
    if (named !== undefined) {
      split(named, formsIn(named, host), upstream, byDomain, added);
    } else {
      add(host, forms, upstream, byDomain, added);
    }
  }
  return [...added, ...routed].filter((virtualHost) => virtualHost.domains.length > 0);
}

/** The hosts of `upstreamsByHost` that have no effect, each with the reason. */
export function unusedUpstreams(
  { virtualHosts, destinations = [] }: Pick<Plan, 'virtualHosts' | 'destinations'>,
  hosts: Iterable<string>,
): { host: string; because: string }[] {
  const behindRoutes = new Set(destinations.flatMap((destination) => destinationNames(destination)));
  const byDomain = new Map(
    virtualHosts.flatMap((each) =>
      each.domains.map((domain) => [domain, { ...each, upstream: { host: '', port: 0 } }] as const),
    ),
  );
  return [...hosts].flatMap((host) => {
    if (behindRoutes.has(host)) return [];
    if (host.includes('/')) return [{ host, because: 'no route names this subset' }];
    const named = hostForms(host)
      .map((form) => byDomain.get(form))
      .find((virtualHost) => virtualHost !== undefined);
    if ((named ?? mostExact(host, byDomain)).listeners === undefined) return [];
    const servers = [...new Set(destinations.map((destination) => destination.host))];
    return [{ host, because: `routes say where its requests go (${servers.slice(0, 5).join(', ')})` }];
  });
}

/** A virtual host that names other hosts too keeps them; only this host moves to the other upstream. */
function split(
  named: RoutedVirtualHost,
  forms: string[],
  upstream: Upstream,
  byDomain: Map<string, RoutedVirtualHost>,
  added: RoutedVirtualHost[],
): void {
  const moved = named.domains.filter((domain) => forms.includes(domain));
  if (moved.length === named.domains.length) {
    named.upstream = upstream;
    return;
  }
  named.domains = named.domains.filter((domain) => !forms.includes(domain));
  const virtualHost = { ...named, name: `${named.name}@${moved[0]}`, domains: moved, upstream };
  for (const domain of moved) byDomain.set(domain, virtualHost);
  added.push(virtualHost);
}

/** All names in a virtual host for what the host names; a bare name means the service it was given to there. */
function formsIn({ domains }: PlannedVirtualHost, host: string): string[] {
  const full = host.includes('.') ? host : domains.find((domain) => isServiceHost(domain, host));
  return full === undefined ? [host] : [...hostForms(full), bareName(full)];
}

function add(
  host: string,
  forms: string[],
  upstream: Upstream,
  byDomain: Map<string, RoutedVirtualHost>,
  added: RoutedVirtualHost[],
): void {
  const inherited = withoutUnknown(mostExact(host, byDomain));
  const virtualHost = { ...inherited, name: `${inherited.name}@${host}`, domains: forms, upstream };
  for (const domain of forms) byDomain.set(domain, virtualHost);
  added.push(virtualHost);
}

/** A host that is named with its upstream is known. */
function withoutUnknown({ isUnknownHost: _, ...known }: RoutedVirtualHost): RoutedVirtualHost {
  return known;
}

/** All that an `--upstream` may call a destination by. */
function destinationNames({ host, subset }: PlannedDestination): string[] {
  const isService = host.endsWith('.svc.cluster.local');
  const forms = [...hostForms(host), ...(isService ? [bareName(host)] : [])];
  return subset === undefined ? forms : forms.flatMap((form) => [form, `${form}/${subset}`]);
}

/** Envoy's order of domains: exact, then the longest suffix, then `*`. */
function mostExact(host: string, byDomain: ReadonlyMap<string, RoutedVirtualHost>): RoutedVirtualHost {
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    const suffix = byDomain.get(`*${host.slice(dot)}`);
    if (suffix !== undefined) return suffix;
  }
  const catchAll = byDomain.get('*');
  if (catchAll === undefined) throw new Error('Expected the plan to end with a virtual host for `*`');
  return catchAll;
}
