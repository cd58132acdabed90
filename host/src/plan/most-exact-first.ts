import type { PolicyRule } from '../policy/policy.ts';

/**
 * Of the schedulers a request matches the module takes the first, so the one for a host stands before the one for
 * `*.example`, and that before the one for every host, in whatever order the files were read. Otherwise the order of
 * the policies stays.
 */
export function mostExactFirst<Rule extends PolicyRule>(
  rules: readonly Rule[],
  hostsOf: ReadonlyMap<PolicyRule, readonly string[]>,
): Rule[] {
  return [...rules].sort((left, right) => width(hostsOf.get(left)!) - width(hostsOf.get(right)!));
}

/** Of its widest host pattern: 0 for a host, less than 2 for a suffix (the shorter, the wider), 2 for every host. */
function width(hosts: readonly string[]): number {
  if (hosts.length === 0) return 2;
  return Math.max(...hosts.map((host) => (host.startsWith('*.') ? 1 + 1 / host.length : 0)));
}
