import type { PolicyHeaderEdit, PolicyHeaderRule } from '../policy/policy.ts';
import { MatcherPlan, type PlanContext } from './matcher-plan.ts';
import type { PlannedRule } from './plan-policies.ts';
import type { HeaderEdit, HeaderRule } from './plugin-configuration.ts';

/** One header rule in the words of the plugin configuration. `hosts` is empty for one that applies to every host. */
export function planHeaderRule(
  rule: PolicyHeaderRule,
  hosts: string[],
  context: PlanContext,
): PlannedRule<HeaderRule> {
  const matchers = new MatcherPlan(rule, context);
  const match = matchers.conditions(rule.match);
  const planned: HeaderRule = {
    name: rule.name,
    ...(hosts.length > 0 && { hosts }),
    ...(rule.ports.length > 0 && { ports: rule.ports }),
    ...(rule.routes.length > 0 && { routes: rule.routes }),
    ...(match.length > 0 && { match }),
    ...(rule.phase !== undefined && { phase: rule.phase }),
    ...edits('request', rule.request, matchers),
    ...edits('response', rule.response, matchers),
    ...edits('requestTrailers', rule.requestTrailers, matchers),
    ...edits('responseTrailers', rule.responseTrailers, matchers),
  };
  return { rule: planned, diagnostics: matchers.diagnostics };
}

function edits(
  message: 'request' | 'response' | 'requestTrailers' | 'responseTrailers',
  list: readonly PolicyHeaderEdit[],
  matchers: MatcherPlan,
): Partial<HeaderRule> {
  if (list.length === 0) return {};
  const planned = list.map((edit): HeaderEdit => {
    const { match, statuses, responseMatch, ...action } = edit;
    const conditions = matchers.conditions(match);
    const responseConditions = matchers.conditions(responseMatch);
    return {
      ...action,
      ...(conditions.length > 0 && { match: conditions }),
      ...(statuses !== undefined && { statuses }),
      ...(responseConditions.length > 0 && { responseMatch: responseConditions }),
    };
  });
  return { [message]: planned };
}
