import type { Policy } from '../../policy/policy.ts';
import { namelessRoutes, withIstioRouteNames } from './istio-route-names.ts';
import { type PlannedGroups, planGroups } from './plan-groups.ts';
import type { DefaultGateway } from './proxy-group.ts';

/** As `planGroups`, with the names that istiod gives to routes. */
export function planForIstio(given: readonly Policy[], defaultGateway: DefaultGateway): PlannedGroups {
  const policies = withIstioRouteNames(given);
  const { groups, diagnostics } = planGroups(policies, defaultGateway);
  return {
    groups,
    diagnostics: [...diagnostics, ...groups.flatMap(({ plan }) => namelessRoutes(policies, plan))],
  };
}
