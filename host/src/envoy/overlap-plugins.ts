import type {
  Condition,
  LimitOverride,
  PluginConfiguration,
  RateLimitRule,
} from '../plan/plugin-configuration.ts';

/**
 * The rules of `next`, and those of `current` that it drops, each answering for the routes of both sides: whichever
 * routes a worker has at a moment, the limits on them hold.
 */
export function overlapPlugins(current: PluginConfiguration, next: PluginConfiguration): PluginConfiguration {
  const currentRules = new Map((current.rateLimits ?? []).map((rule) => [rule.name, rule]));
  const kept = (next.rateLimits ?? []).map((rule) => {
    const before = currentRules.get(rule.name);
    currentRules.delete(rule.name);
    return before === undefined ? rule : withRoutesOfBoth(before, rule);
  });
  const patterns = [...(next.patterns ?? []), ...(current.patterns ?? [])];
  const shift = next.patterns?.length ?? 0;
  const dropped = [...currentRules.values()].map((rule) => withShiftedPatterns(rule, shift));
  return { ...next, ...(patterns.length > 0 && { patterns }), rateLimits: [...kept, ...dropped] };
}

function withRoutesOfBoth(before: RateLimitRule, after: RateLimitRule): RateLimitRule {
  const { routes, ...everyRoute } = after;
  if (routes === undefined || before.routes === undefined) return everyRoute;
  return { ...everyRoute, routes: [...new Set([...routes, ...before.routes])] };
}

function withShiftedPatterns(rule: RateLimitRule, shift: number): RateLimitRule {
  if (shift === 0) return rule;
  const shifted = (conditions: Condition[]): Condition[] =>
    conditions.map((condition) =>
      'is' in condition && condition.is === 'regex'
        ? { ...condition, pattern: condition.pattern + shift }
        : condition,
    );
  const overrides = rule.overrides?.map(
    (override): LimitOverride => ({ ...override, match: shifted(override.match) }),
  );
  return {
    ...rule,
    ...(rule.match !== undefined && { match: shifted(rule.match) }),
    ...(overrides !== undefined && { overrides }),
  };
}
