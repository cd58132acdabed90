import type { Policy, PolicyRule } from '../policy/policy.ts';
import type { PluginConfiguration } from './plugin-configuration.ts';

/** The lists of a plugin configuration that hold rules, one a function: its translators treat all alike. */
export const RULE_LISTS = ['rateLimits', 'quotaSchedulers', 'circuitBreakers', 'headerRules'] as const;

/** What rules of all functions have in common. */
export interface ScopedRule {
  name: string;
  hosts?: string[];
  ports?: number[];
  routes?: string[];
}

/** All rules, of whichever function. */
export function rulesOfPlugin(plugin: PluginConfiguration): ScopedRule[] {
  return RULE_LISTS.flatMap((list): ScopedRule[] => plugin[list] ?? []);
}

/** The configuration with every list replaced by what `change` makes of it; an absent list stays absent. */
export function withRuleLists(
  plugin: PluginConfiguration,
  change: <Rule extends ScopedRule>(rules: readonly Rule[]) => Rule[],
): PluginConfiguration {
  const changed = RULE_LISTS.flatMap((list) => {
    const rules: readonly ScopedRule[] | undefined = plugin[list];
    return rules === undefined ? [] : [[list, change(rules)]];
  });
  return { ...plugin, ...Object.fromEntries(changed) };
}

/** The policy with every rule, of whichever function, replaced by what `change` makes of it. */
export function withRules(policy: Policy, change: (rule: PolicyRule) => PolicyRule): Policy {
  const changed = RULE_LISTS.flatMap((list) => {
    const rules: readonly PolicyRule[] | undefined = policy[list];
    return rules === undefined ? [] : [[list, rules.map(change)]];
  });
  return { ...policy, ...Object.fromEntries(changed) };
}
