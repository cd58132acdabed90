import type { Diagnostic } from '../../policy/diagnostic.ts';
import type { Policy, PolicyRule } from '../../policy/policy.ts';
import type { RouteTable } from '../../policy/routing.ts';
import type { Plan } from '../plan.ts';
import { DEFAULT_ROUTE } from '../routing/attach-policies.ts';
import { isGatewayApi } from '../routing/serve-hosts.ts';
import { RULE_LISTS, type ScopedRule } from '../rule-lists.ts';

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
    // Gateway API shares hosts freely, and all its routes have names, which tell them from those that are not among the files.
    ...(isGatewayApi(table) && { mayShareHosts: true as const }),
    routes: table.routes.map((route) => ({ ...route, name: route.istioName ?? route.name })),
  };
}

/** Errors for rules that need to tell routes apart to which istiod gives no name, or one that the files do not tell. */
export function namelessRoutes(policies: readonly Policy[], { plugin }: Plan): Diagnostic[] {
  const nameless = new Set(
    policies
      .flatMap(({ routing }) => routing?.tables ?? [])
      .flatMap(({ routes }) => routes.filter(({ istioName }) => istioName === undefined))
      .map(({ name }) => name),
  );
  return RULE_LISTS.flatMap((list) => {
    const given = new Map(
      policies.flatMap((policy): PolicyRule[] => policy[list] ?? []).map((rule) => [rule.name, rule]),
    );
    const planned: readonly ScopedRule[] = plugin[list] ?? [];
    return planned.flatMap(({ name, routes = [] }) => {
      const rule = given.get(name)!;
      const message = reasonAgainst(routes, nameless, rule);
      return message === undefined
        ? []
        : [rule.origin.document.diagnostic('error', rule.origin.path, message)];
    });
  });
}

function reasonAgainst(
  routes: readonly string[],
  nameless: ReadonlySet<string>,
  rule: PolicyRule,
): string | undefined {
  const route = routes.find((each) => nameless.has(each));
  if (route !== undefined) {
    return `expected targets whose routes have names, got ${route}, to which Istio gives none; set \`name\` in its \`http[]\``;
  }
  if (!routes.includes(DEFAULT_ROUTE) || rule.routes.includes(DEFAULT_ROUTE)) return undefined;
  return 'expected targets whose routes are all among the files, got a host beside single routes of another: what Istio calls its routes is not known; make it two policies';
}
