import type { Diagnostic } from '../policy/diagnostic.ts';
import type { PolicyCondition, PolicyRule } from '../policy/rate-limit-policy.ts';
import type { PatternTable } from './pattern-table.ts';
import type { Condition, RateLimitRule } from './plugin-configuration.ts';

/** One rule in the words of the plugin configuration. `hosts` is empty for a rule that applies to every host. */
export function planRule(
  rule: PolicyRule,
  hosts: string[],
  patterns: PatternTable,
): { rule: RateLimitRule; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const plan = (conditions: PolicyCondition[]) =>
    conditions.flatMap((condition) => {
      const planned = planCondition(condition, patterns);
      if (planned.ok) return [planned.condition];
      diagnostics.push(rule.origin.document.diagnostic('error', rule.origin.path, planned.message));
      return [];
    });
  const match = plan(rule.match);
  const overrides = rule.overrides.map((override) => ({
    match: plan(override.match),
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
  return { rule: planned, diagnostics };
}

function planCondition(
  condition: PolicyCondition,
  patterns: PatternTable,
): { ok: true; condition: Condition } | { ok: false; message: string } {
  if (condition.on === 'clientAddress' || condition.is !== 'regex') return { ok: true, condition };
  const { expression, ...rest } = condition;
  const pattern = patterns.indexOf(expression);
  return pattern.ok ? { ok: true, condition: { ...rest, pattern: pattern.index } } : pattern;
}
