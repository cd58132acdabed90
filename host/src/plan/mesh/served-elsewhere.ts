import type { Policy } from '../../policy/policy.ts';
import type { ParentReference, PolicyRoute, RouteTable, RoutingGateway } from '../../policy/routing.ts';
import { collectRouting } from '../routing/collect-routing.ts';

/**
 * The policies with objects that route as a mesh has them, which serves them itself: hosts, names and gateways matter,
 * and where requests go does not; gateways and what routes lead to may be elsewhere than among the files.
 */
export function servedElsewhere(policies: readonly Policy[]): Policy[] {
  const { gateways } = collectRouting(policies);
  return policies.map((policy) => {
    if (policy.routing === undefined) return policy;
    const { tables = [], gateways: own = [], serviceEntries = [] } = policy.routing;
    return {
      ...policy,
      routing: { tables: tables.map((table) => served(table, gateways)), gateways: own, serviceEntries },
    };
  });
}

function served({ parents, ...table }: RouteTable, gateways: readonly RoutingGateway[]): RouteTable {
  const known = parents?.filter((parent) => gateways.some((gateway) => isParent(parent, gateway)));
  return {
    ...table,
    // With none of its gateways among the files its hosts are what it says itself.
    ...(known !== undefined && known.length > 0 && { parents: known }),
    routes: table.routes.map(answered),
  };
}

function isParent(parent: ParentReference, { api, namespace, name }: RoutingGateway): boolean {
  return parent.api === api && parent.namespace === namespace && parent.name === name;
}

/** Stands for whatever the mesh does with the route. */
function answered(route: PolicyRoute): PolicyRoute {
  return { ...route, action: { kind: 'answer', status: 200 } };
}
