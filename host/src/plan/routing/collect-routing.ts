import type { Policy } from '../../policy/policy.ts';
import type { Routing } from '../../policy/routing.ts';

/** What all objects that route say, one list each. */
export function collectRouting(policies: readonly Policy[]): Required<Routing> {
  const each = policies.flatMap(({ routing }) => routing ?? []);
  return {
    tables: each.flatMap(({ tables = [] }) => tables),
    gateways: each.flatMap(({ gateways = [] }) => gateways),
    gatewayClasses: each.flatMap(({ gatewayClasses = [] }) => gatewayClasses),
    destinationRules: each.flatMap(({ destinationRules = [] }) => destinationRules),
    serviceEntries: each.flatMap(({ serviceEntries = [] }) => serviceEntries),
    grants: each.flatMap(({ grants = [] }) => grants),
  };
}
