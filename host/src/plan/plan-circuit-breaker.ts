import type { PolicyCircuitBreaker } from '../policy/policy.ts';
import { MatcherPlan, type PlanContext } from './matcher-plan.ts';
import type { PlannedRule } from './plan-policies.ts';
import type { CircuitBreaker } from './plugin-configuration.ts';

/** One breaker in the words of the plugin configuration. `hosts` is empty for one that applies to every host. */
export function planCircuitBreaker(
  breaker: PolicyCircuitBreaker,
  hosts: string[],
  context: PlanContext,
): PlannedRule<CircuitBreaker> {
  const { name, origin: _, targets: __, onlyHosts: ___, ports, routes, match, ...settings } = breaker;
  const matchers = new MatcherPlan(breaker, context);
  const planned: CircuitBreaker = {
    name,
    ...(hosts.length > 0 && { hosts }),
    ...(ports.length > 0 && { ports }),
    ...(routes.length > 0 && { routes }),
    ...(match.length > 0 && { match: matchers.matchers(match) }),
    ...settings,
  };
  return { rule: planned, diagnostics: matchers.diagnostics };
}
