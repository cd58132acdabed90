import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import { RULE_LISTS, type ScopedRule } from '../plan/rule-lists.ts';

/**
 * The rules of `next`, and those of `current` that it drops, each answering for the routes of both sides: whichever
 * routes a worker has at a moment, the limits on them hold. The dropped ones come last: a request that a quota of
 * `next` takes waits in that one alone, as it will from now on.
 */
export function overlapPlugins(current: PluginConfiguration, next: PluginConfiguration): PluginConfiguration {
  const patterns = [...(next.patterns ?? []), ...(current.patterns ?? [])];
  const shift = next.patterns?.length ?? 0;
  const lists = RULE_LISTS.map((list) => [list, overlapRules(current[list] ?? [], next[list] ?? [], shift)]);
  return {
    ...next,
    ...(patterns.length > 0 && { patterns }),
    ...Object.fromEntries(lists.filter(([, rules]) => rules!.length > 0)),
  };
}

function overlapRules(
  current: readonly ScopedRule[],
  next: readonly ScopedRule[],
  shift: number,
): ScopedRule[] {
  const currentRules = new Map(current.map((rule) => [rule.name, rule]));
  const kept = next.map((rule) => {
    const before = currentRules.get(rule.name);
    currentRules.delete(rule.name);
    return before === undefined ? rule : withRoutesOfBoth(before, rule);
  });
  return [...kept, ...[...currentRules.values()].map((rule) => withShiftedPatterns(rule, shift))];
}

function withRoutesOfBoth(before: ScopedRule, after: ScopedRule): ScopedRule {
  const { routes, ...everyRoute } = after;
  if (routes === undefined || before.routes === undefined) return everyRoute;
  return { ...everyRoute, routes: [...new Set([...routes, ...before.routes])] };
}

/** Conditions stand at many places of a rule, and in trees; each is known by `is: regex`. */
function withShiftedPatterns<Value>(value: Value, shift: number): Value {
  if (shift === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withShiftedPatterns(item, shift)) as Value;
  const shifted = Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, withShiftedPatterns(field, shift)]),
  );
  if (shifted.is === 'regex') shifted.pattern += shift;
  return shifted as Value;
}
