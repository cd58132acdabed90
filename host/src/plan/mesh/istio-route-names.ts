import type { Diagnostic } from '../../policy/diagnostic.ts';
import { type Policy, rulesOf } from '../../policy/policy.ts';
import type { RouteTable } from '../../policy/routing.ts';
import type { Plan } from '../plan.ts';
import { rulesOfPlugin } from '../rule-lists.ts';

/** The policies with the names that istiod gives to Envoy's routes in the place of those of `sluice run`. */
export function withIstioRouteNames(policies: readonly Policy[]): Policy[] {
  return policies.map((policy) =>
    policy.routing?.tables === undefined
      ? policy
      : { ...policy, routing: { ...policy.routing, tables: policy.routing.tables.map(withNames) } },
  );
}

function withNames(table: RouteTable): RouteTable {
  return {
    ...table,
    routes: table.routes.map((route) => ({ ...route, name: route.istioName ?? route.name })),
  };
}

/** Errors for rules that need to tell routes apart to which istiod gives no name. */
export function namelessRoutes(policies: readonly Policy[], { plugin }: Plan): Diagnostic[] {
  const nameless = new Set(
    policies
      .flatMap(({ routing }) => routing?.tables ?? [])
      .flatMap(({ routes }) => routes.filter(({ istioName }) => istioName === undefined))
      .map(({ name }) => name),
  );
  const origins = new Map(policies.flatMap(rulesOf).map(({ name, origin }) => [name, origin]));
  return rulesOfPlugin(plugin).flatMap(({ name, routes = [] }) => {
    const route = routes.find((each) => nameless.has(each));
    if (route === undefined) return [];
    const { document, path } = origins.get(name)!;
    const message = `expected targets whose routes have names, got ${route}, to which Istio gives none; set \`name\` in its \`http[]\``;
    return [document.diagnostic('error', path, message)];
  });
}
