import type { Diagnostic } from '../policy/diagnostic.ts';
import type { PolicyRule } from '../policy/policy.ts';

/**
 * A request belongs to one scheduler and to one breaker only, the first that matches it: one whose hosts all belong
 * to earlier ones without conditions is never used, which nobody means. `noun` says what they are.
 */
export function unreachableRules(
  rules: readonly PolicyRule[],
  hostsOf: ReadonlyMap<PolicyRule, readonly string[]>,
  noun: string,
): Diagnostic[] {
  const taken = new Map<string, PolicyRule>();
  return rules.flatMap((rule) => {
    const hosts = hostsOf.get(rule)!;
    const patterns = hosts.length === 0 ? ['*'] : hosts;
    const takers = patterns.map((host) => taken.get(host));
    const isConditional = [rule.match, rule.ports, rule.routes].some((list) => list.length > 0);
    if (!isConditional) for (const host of patterns) if (!taken.has(host)) taken.set(host, rule);
    const [taker] = takers;
    if (taker === undefined || takers.includes(undefined)) return [];
    const { document, path } = rule.origin;
    const message = `expected a ${noun} for requests that no other ${noun} takes, got one for the same hosts as ${taker.name}, which comes first: it is never used`;
    return [document.diagnostic('warning', path, message)];
  });
}
