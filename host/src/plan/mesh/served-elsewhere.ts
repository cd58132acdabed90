import type { Policy } from '../../policy/policy.ts';
import type { PolicyRoute, RouteTable } from '../../policy/routing.ts';
import { gatewayIdentity } from '../routing/attach-tables.ts';
import { collectRouting } from '../routing/collect-routing.ts';

/**
 * The policies with objects that route as a mesh has them, which serves them itself: hosts, names and gateways matter,
 * and where requests go does not; gateways and what routes lead to may be elsewhere than among the files.
 */
export function servedElsewhere(policies: readonly Policy[]): Policy[] {
  const known = new Set(collectRouting(policies).gateways.map(gatewayIdentity));
  return policies.map((policy) => {
    if (policy.routing === undefined) return policy;
    const { tables = [], gateways: own = [], serviceEntries = [] } = policy.routing;
    return {
      ...policy,
      routing: { tables: tables.map((table) => served(table, known)), gateways: own, serviceEntries },
    };
  });
}

function served({ parents = [], ...table }: RouteTable, gateways: ReadonlySet<string>): RouteTable {
  const known = parents.filter((parent) => gateways.has(gatewayIdentity(parent)));
  return {
    ...table,
    // With none of its gateways among the files its hosts are what it says itself.
    ...(known.length > 0 && { parents: known }),
    routes: table.routes.map(answered),
  };
}

/** Stands for whatever the mesh does with the route. */
function answered(route: PolicyRoute): PolicyRoute {
  return { ...route, action: { kind: 'answer', status: 200 } };
}
