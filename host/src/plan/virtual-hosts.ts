import type { Diagnostic } from '../policy/diagnostic.ts';
import { covers } from '../policy/host-pattern.ts';
import type { PolicyRule } from '../policy/policy.ts';
import type { PlannedVirtualHost } from './plan.ts';

/** Name of a route that no policy names. */
const DEFAULT_ROUTE = 'default';

/** A rule with the host patterns it applies to; empty: every host. */
export interface HostedRule {
  rule: PolicyRule;
  hosts: string[];
}

/**
 * The virtual hosts the rules speak of: one for each service with all its forms, one for each other host pattern,
 * and the catch-all. Most exact first. Every host that is named here has a rule; the catch-all may have none.
 */
export function planVirtualHosts(
  rules: readonly HostedRule[],
  formsOf: ReadonlyMap<string, readonly string[]>,
): { virtualHosts: PlannedVirtualHost[]; diagnostics: Diagnostic[] } {
  const names = new Map<string, string>();
  for (const [service, forms] of formsOf) for (const form of forms) names.set(form, service);
  const domainsOf = new Map<string, readonly string[]>(formsOf);
  for (const host of rules.flatMap(({ hosts }) => hosts)) {
    if (names.has(host)) continue;
    names.set(host, host);
    domainsOf.set(host, [host]);
  }
  const appliesEverywhere = rules.some(({ hosts }) => hosts.length === 0);
  const virtualHosts = [...domainsOf]
    .map(([name, domains]) => virtualHost(name, domains, true))
    .sort(byExactness);
  virtualHosts.push(virtualHost('*', ['*'], appliesEverywhere));
  return { virtualHosts, diagnostics: nameRoutes(rules, virtualHosts) };
}

function virtualHost(name: string, domains: readonly string[], filtered: boolean): PlannedVirtualHost {
  return { name, domains: [...domains], routes: [{ name: DEFAULT_ROUTE, pathPrefix: '/', filtered }] };
}

/** Exact hosts in the order of the policies, then suffixes, the longest first. */
function byExactness(left: PlannedVirtualHost, right: PlannedVirtualHost): number {
  return wildcardRank(left.name) - wildcardRank(right.name);
}

function wildcardRank(name: string): number {
  return name.startsWith('*') ? 1_000 - name.length : 0;
}

/**
 * While no routing kind is read, a virtual host has one route. It takes the first name that a policy asks for there;
 * a rule that asks for another can never apply, and is warned about.
 */
function nameRoutes(rules: readonly HostedRule[], virtualHosts: readonly PlannedVirtualHost[]): Diagnostic[] {
  const byDomain = new Map(
    virtualHosts.flatMap((host) => host.domains.map((domain) => [domain, host] as const)),
  );
  const named = new Set<PlannedVirtualHost>();
  const diagnostics: Diagnostic[] = [];
  for (const { rule, hosts } of rules) {
    const [wanted] = rule.routes;
    if (wanted === undefined) continue;
    for (const virtualHost of virtualHostsOf(hosts, virtualHosts, byDomain)) {
      const route = virtualHost.routes[0]!;
      if (!named.has(virtualHost)) route.name = wanted;
      named.add(virtualHost);
      if (rule.routes.includes(route.name)) continue;
      const message = `expected route \`${route.name}\`, which another rule has named as the only route of virtual host \`${virtualHost.name}\`, got \`${wanted}\`: this rule never applies there`;
      diagnostics.push(rule.origin.document.diagnostic('warning', rule.origin.path, message));
    }
  }
  return diagnostics;
}

/** The virtual hosts a rule applies to. An exact host is looked up, since there may be 10,000 rules. */
function virtualHostsOf(
  hosts: readonly string[],
  virtualHosts: readonly PlannedVirtualHost[],
  byDomain: ReadonlyMap<string, PlannedVirtualHost>,
): Iterable<PlannedVirtualHost> {
  if (hosts.length === 0) return virtualHosts;
  return new Set(
    hosts.flatMap((host) =>
      host.startsWith('*')
        ? virtualHosts.filter(({ domains }) => domains.some((domain) => covers(host, domain)))
        : byDomain.get(host)!,
    ),
  );
}
