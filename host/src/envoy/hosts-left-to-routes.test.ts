import { expect, test } from 'vitest';
import type { PlannedVirtualHost } from '../plan/plan.ts';
import { leaveHostsToRoutes } from './hosts-left-to-routes.ts';

const limit = { algorithm: 'slidingWindow', maxRequests: 1, windowNanos: 1e9 } as const;

function virtualHost(domains: string[], filtered = true): PlannedVirtualHost {
  return { name: domains[0]!, domains, routes: [{ name: 'default', pathPrefix: '/', filtered }] };
}

/** The hosts that the rules still name, of rules with these hosts. */
function hostsLeft(hosts: (string[] | undefined)[], virtualHosts: PlannedVirtualHost[]) {
  const rateLimits = hosts.map((named, index) => ({
    name: `${index}`,
    limit,
    ...(named && { hosts: named }),
  }));
  return leaveHostsToRoutes({ version: 1, rateLimits }, virtualHosts).rateLimits!.map((rule) => rule.hosts);
}

const rest = virtualHost(['*'], false);

test('a rule for every host that reaches the filter names none', () => {
  expect(hostsLeft([['a', 'b']], [virtualHost(['a']), virtualHost(['b']), rest])).toEqual([undefined]);
  expect(hostsLeft([['*.a']], [virtualHost(['x.a']), virtualHost(['y.a']), rest])).toEqual([undefined]);
});

test('a rule for some of them names its hosts', () => {
  const virtualHosts = [virtualHost(['a']), virtualHost(['b']), rest];
  expect(hostsLeft([['a'], ['b'], ['a', 'b']], virtualHosts)).toEqual([['a'], ['b'], undefined]);
});

test('where every host reaches the filter only a rule without hosts has none', () => {
  expect(hostsLeft([['a'], undefined], [virtualHost(['a']), virtualHost(['*'])])).toEqual([['a'], undefined]);
});

test('10,000 rules with a host each are looked at within a second', () => {
  const hosts = Array.from({ length: 10_000 }, (_, index) => [`host-${index}.example`]);
  expect(
    hostsLeft(
      hosts,
      hosts.map((domains) => virtualHost(domains)),
    ),
  ).toEqual(hosts);
});
