import { covers, intersectHosts } from '../policy/host-pattern.ts';
import type { HostTarget, PolicyRule } from '../policy/policy.ts';

/**
 * The host patterns of a rule; empty: every host. None covers another, because the module would count a request
 * once for every pattern that covers its host.
 */
export function ruleHosts(rule: PolicyRule, formsOf: ReadonlyMap<string, readonly string[]>): string[] {
  const hosts = [targetHosts(rule.targets, formsOf), rule.onlyHosts].filter(
    (patterns) => patterns.length > 0,
  );
  const narrowed = hosts.length === 2 ? intersectHosts(hosts[0]!, hosts[1]!) : [...new Set(hosts.flat())];
  if (narrowed.includes('*')) return [];
  const wildcards = narrowed.filter((host) => host.startsWith('*.'));
  if (wildcards.length === 0) return narrowed;
  return narrowed.filter((host) => !wildcards.some((wide) => wide !== host && covers(wide, host)));
}

/** The host patterns that targets stand for, services by all their names. */
export function targetHosts(
  targets: readonly HostTarget[],
  formsOf: ReadonlyMap<string, readonly string[]>,
): string[] {
  return targets.flatMap((target) => {
    if ('routed' in target) throw new Error('Expected targets that routing/attach-policies.ts has resolved');
    return 'service' in target ? formsOf.get(target.service)! : [target.host];
  });
}
