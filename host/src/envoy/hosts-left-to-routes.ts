import type { PlannedVirtualHost } from '../plan/plan.ts';
import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import { withRuleLists } from '../plan/rule-lists.ts';
import { covers } from '../policy/host-pattern.ts';

/**
 * The configuration without the hosts of rules that are for every host whose requests reach the filter at all: Envoy
 * has chosen the virtual host already, and reading the host again is the dearest thing the module does. True only
 * together with exactly these virtual hosts.
 */
export function leaveHostsToRoutes(
  plugin: PluginConfiguration,
  virtualHosts: readonly PlannedVirtualHost[],
): PluginConfiguration {
  const domains = virtualHosts
    .filter(({ routes }) => routes.some(({ filtered }) => filtered))
    .flatMap((virtualHost) => virtualHost.domains);
  return withRuleLists(plugin, (rules) =>
    rules.map((rule) => {
      const { hosts, ...everyHost } = rule;
      return hosts !== undefined && coverAll(hosts, domains) ? (everyHost as typeof rule) : rule;
    }),
  );
}

function coverAll(hosts: readonly string[], domains: readonly string[]): boolean {
  // With 10,000 policies of a host each this is asked 10,000 times.
  if (hosts.length < domains.length && !hosts.some((host) => host.startsWith('*'))) return false;
  const exact = new Set(hosts);
  return domains.every((domain) => exact.has(domain) || hosts.some((host) => covers(host, domain)));
}
