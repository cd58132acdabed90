import type { PolicyRateLimit } from '../policy/policy.ts';
import { MatcherPlan, type PlanContext } from './matcher-plan.ts';
import type { PlannedRule } from './plan-policies.ts';
import type { RateLimitRule } from './plugin-configuration.ts';

/** One rate limit in the words of the plugin configuration. `hosts` is empty for one that applies to every host. */
export function planRateLimit(
  rule: PolicyRateLimit,
  hosts: string[],
  context: PlanContext,
): PlannedRule<RateLimitRule> {
  const matchers = new MatcherPlan(rule, context);
  const match = matchers.conditions(rule.match);
  const overrides = rule.overrides.map((override) => ({
    match: matchers.conditions(override.match),
    limit: override.limit,
  }));
  const planned: RateLimitRule = {
    name: rule.name,
    ...(hosts.length > 0 && { hosts }),
    ...(rule.ports.length > 0 && { ports: rule.ports }),
    ...(rule.routes.length > 0 && { routes: rule.routes }),
    ...(match.length > 0 && { match }),
    limit: rule.limit,
    ...(overrides.length > 0 && { overrides }),
    ...(rule.key.length > 0 && { key: rule.key }),
    ...(rule.keyCapacity !== undefined && { keyCapacity: rule.keyCapacity }),
    ...(rule.whenKeyMissing !== undefined && { whenKeyMissing: rule.whenKeyMissing }),
    ...(rule.cost !== undefined && { cost: rule.cost }),
    ...(rule.shadowMode !== undefined && { shadowMode: rule.shadowMode }),
    ...(rule.response !== undefined && { response: rule.response }),
  };
  return { rule: planned, diagnostics: matchers.diagnostics };
}
