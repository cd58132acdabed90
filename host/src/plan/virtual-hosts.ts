import type { Diagnostic } from '../policy/diagnostic.ts';
import { didYouMean } from '../policy/did-you-mean.ts';
import { covers } from '../policy/host-pattern.ts';
import type { PolicyRule } from '../policy/policy.ts';
import type { PlannedVirtualHost } from './plan.ts';
import { DEFAULT_ROUTE } from './routing/attach-policies.ts';
import type { RoutedHosts } from './routing/route-hosts.ts';
import type { RouteRouting } from './routing-plan.ts';

/** A rule with the host patterns it applies to; empty: every host. */
export interface HostedRule {
  rule: PolicyRule;
  hosts: string[];
}

/**
 * The virtual hosts that routes serve, those that rules or a destination alone speak of (one for each service with all
 * its forms, one for each other host pattern), and the catch-all. Most exact first. Where routes serve hosts, the
 * catch-all answers that a host is unknown.
 */
export function planVirtualHosts(
  rules: readonly HostedRule[],
  formsOf: ReadonlyMap<string, readonly string[]>,
  routed: Pick<RoutedHosts, 'virtualHosts' | 'plainHosts'>,
): { virtualHosts: PlannedVirtualHost[]; diagnostics: Diagnostic[] } {
  const served = new DomainTable(routed.virtualHosts);
  const names = new Map<string, string>();
  const domainsOf = new Map<string, readonly string[]>();
  for (const [service, forms] of formsOf) {
    for (const form of forms) names.set(form, service);
    // Under its other names a host that routes serve is unknown, as it is to the gateway they were written for.
    if (!forms.some((form) => served.serves(form))) domainsOf.set(service, forms);
  }
  for (const host of [...rules.flatMap(({ hosts }) => hosts), ...routed.plainHosts.keys()]) {
    if (names.has(host)) continue;
    names.set(host, host);
    if (!served.serves(host)) domainsOf.set(host, [host]);
  }
  const own = [...domainsOf].map(([name, domains]) =>
    virtualHost(name, domains, routed.plainHosts.get(name)),
  );
  const isOpen = routed.virtualHosts.length === 0;
  const catchAll = served.has('*') ? [] : [virtualHost('*', ['*'])];
  if (!isOpen) for (const each of catchAll) each.isUnknownHost = true;
  const virtualHosts = [...routed.virtualHosts, ...own].sort(byExactness).concat(catchAll);
  const diagnostics = nameRoutes(rules, virtualHosts);
  markFiltered(rules, virtualHosts);
  return { virtualHosts, diagnostics };
}

function virtualHost(name: string, domains: readonly string[], routing?: RouteRouting): PlannedVirtualHost {
  const route = { name: DEFAULT_ROUTE, pathPrefix: '/', filtered: false };
  return { name, domains: [...domains], routes: [{ ...route, ...(routing !== undefined && { routing }) }] };
}

/** Every route that some rule can apply to goes through the filter. */
function markFiltered(rules: readonly HostedRule[], virtualHosts: readonly PlannedVirtualHost[]): void {
  const table = new DomainTable(virtualHosts);
  for (const { rule, hosts } of rules) {
    const reached =
      hosts.length === 0 ? virtualHosts : new Set(hosts.flatMap((host) => table.reachedBy(host)));
    for (const { routes, isUnknownHost } of reached) {
      if (isUnknownHost === true) continue;
      for (const route of routes) {
        if (rule.routes.length === 0 || rule.routes.includes(route.name)) route.filtered = true;
      }
    }
  }
}

/** Virtual hosts by their domains; there may be 10,000. */
class DomainTable {
  readonly #virtualHosts: readonly PlannedVirtualHost[];
  readonly #byDomain = new Map<string, PlannedVirtualHost>();

  constructor(virtualHosts: readonly PlannedVirtualHost[]) {
    this.#virtualHosts = virtualHosts;
    for (const virtualHost of virtualHosts) {
      for (const domain of virtualHost.domains) this.#byDomain.set(domain, virtualHost);
    }
  }

  has(domain: string): boolean {
    return this.#byDomain.has(domain);
  }

  /** True when requests for every host that a pattern stands for come to one of these. */
  serves(host: string): boolean {
    return this.#exactOrWider(host) !== undefined;
  }

  /** Where requests for the hosts that a pattern stands for may come. */
  reachedBy(host: string): PlannedVirtualHost[] {
    const own = this.#exactOrWider(host);
    const narrower = host.startsWith('*')
      ? this.#virtualHosts.filter(({ domains }) => domains.some((domain) => covers(host, domain)))
      : [];
    return [...(own === undefined ? [] : [own]), ...narrower];
  }

  /** Envoy's order: the host itself, the longest suffix, `*`. */
  #exactOrWider(host: string): PlannedVirtualHost | undefined {
    const exact = this.#byDomain.get(host);
    if (exact !== undefined) return exact;
    const bare = host.startsWith('*') ? host.slice(2) : host;
    for (let dot = bare.indexOf('.'); dot !== -1; dot = bare.indexOf('.', dot + 1)) {
      const suffix = this.#byDomain.get(`*${bare.slice(dot)}`);
      if (suffix !== undefined) return suffix;
    }
    return this.#byDomain.get('*');
  }
}

/** Exact hosts in the order of the policies, then suffixes, the longest first. */
function byExactness(left: PlannedVirtualHost, right: PlannedVirtualHost): number {
  return wildcardRank(left.name) - wildcardRank(right.name);
}

function wildcardRank(name: string): number {
  return name.startsWith('*') ? 1_000 - name.length : 0;
}

/**
 * A virtual host that no kind that routes speaks of has one route. It takes the first name that a policy asks for
 * there. A rule that asks for a name which none of its routes has can never apply, and is warned about.
 */
function nameRoutes(rules: readonly HostedRule[], virtualHosts: readonly PlannedVirtualHost[]): Diagnostic[] {
  const table = new DomainTable(virtualHosts);
  const named = new Set<PlannedVirtualHost>();
  const diagnostics: Diagnostic[] = [];
  for (const { rule, hosts } of rules) {
    const [wanted] = rule.routes;
    if (wanted === undefined) continue;
    const warn = (message: string) =>
      diagnostics.push(rule.origin.document.diagnostic('warning', rule.origin.path, message));
    const reached =
      hosts.length === 0 ? virtualHosts : new Set(hosts.flatMap((host) => table.reachedBy(host)));
    const missed: PlannedVirtualHost[] = [];
    let applies = false;
    for (const virtualHost of reached) {
      if (virtualHost.isUnknownHost === true) continue;
      if (virtualHost.listeners !== undefined) {
        if (virtualHost.routes.some(({ name }) => rule.routes.includes(name))) applies = true;
        else missed.push(virtualHost);
        continue;
      }
      const route = virtualHost.routes[0]!;
      if (!named.has(virtualHost)) route.name = wanted;
      named.add(virtualHost);
      if (rule.routes.includes(route.name)) {
        applies = true;
        continue;
      }
      warn(
        `expected route \`${route.name}\`, which another rule has named as the only route of virtual host \`${virtualHost.name}\`, got \`${wanted}\`: this rule never applies there`,
      );
    }
    if (applies || missed.length === 0) continue;
    const known = [...new Set(missed.flatMap(({ routes }) => routes.map(({ name }) => name)))];
    warn(
      `expected the name of a route of its hosts (${known.slice(0, 8).join(', ')}${known.length > 8 ? ', …' : ''}), got \`${wanted}\`: this rule never applies${didYouMean(wanted, known)}`,
    );
  }
  return diagnostics;
}
