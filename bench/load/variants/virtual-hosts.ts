import { ruleOf } from '../../rules.ts';
import { sluice } from './sluice.ts';
import type { Variant } from './variant.ts';

const loadGenerators = 8;

/**
 * 10,000 virtual hosts with a policy each against one, with and without the filter: what Envoy itself spends on its
 * larger route table must not count as Sluice's. Eight load generators ask for eight hosts, or eight times for one.
 */
export const virtualHostVariants: Variant[] = [...pair(1), ...pair(10_000)];

function pair(count: number): Variant[] {
  const { hosts, label, ...shared } = manyHosts(count);
  const baseline = `hosts-${count}-no-filter`;
  return [
    { name: baseline, title: `no filter, ${label}`, httpFilters: () => [], ...shared, baseline },
    {
      ...sluice(`sluice-hosts-${count}`, `Sluice, ${label}, a policy each`, hosts.map(ruleOf)),
      ...shared,
      baseline,
    },
  ];
}

/** So many virtual hosts, eight of which, or eight times one, are asked for. */
export function manyHosts(count: number) {
  const hosts = Array.from({ length: count }, (_, index) => `host-${index}.example`);
  return {
    hosts,
    label: `${count.toLocaleString('en')} virtual host${count === 1 ? '' : 's'}`,
    virtualHosts: hosts.map((host) => ({ name: host, domains: [host] })),
    authorities: Array.from(
      { length: loadGenerators },
      (_, index) => hosts[Math.floor((index * count) / loadGenerators)]!,
    ),
  };
}
