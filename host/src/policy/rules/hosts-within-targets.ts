import { quote } from '../describe-value.ts';
import { type FieldPattern, fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { intersectHosts } from '../host-pattern.ts';
import { error, type Rule } from '../rule.ts';
import { serviceForms, serviceHost } from '../service-host.ts';

const TARGET_REFS = fieldPattern('spec.targetRefs[]');

/** Beyond what the schema allows a valid policy (256 targets, 256 hosts in each of 1,000 rules), nothing is compared. */
const MAX_COMPARISONS = 256 * 256 * 1_000;

/** A rule's hosts lie within the targets of its policy; a host outside would never be limited by the rule. */
export function hostsWithinTargets(hostPatterns: FieldPattern): Rule {
  return (value) => {
    const targets = findFields(value, TARGET_REFS);
    const namespace = fieldOf(fieldOf(value, 'metadata'), 'namespace') ?? 'default';
    const hosts = targets.flatMap(({ value: target }) => targetHosts(target, String(namespace)));
    const asked = findFields(value, hostPatterns);
    if (targets.length === 0 || targets.length * asked.length > MAX_COMPARISONS) return [];
    return asked.flatMap(({ path, value: host }) => {
      if (typeof host !== 'string' || intersectHosts(hosts, [host.toLowerCase()]).length > 0) return [];
      return [error(path, `expected a host of the policy's targetRefs, got ${quote(host)}`)];
    });
  };
}

/** Everything (`*`) for a target whose hosts are known later, or that another check refuses, so that one mistake is reported once. */
function targetHosts(target: unknown, policyNamespace: string): string[] {
  const name = fieldOf(target, 'name');
  const kind = fieldOf(target, 'kind');
  if (typeof name !== 'string') return ['*'];
  if (kind === 'VirtualHost') return [name.toLowerCase()];
  if (kind !== 'Service') return ['*'];
  return serviceForms(serviceHost(name, String(fieldOf(target, 'namespace') ?? policyNamespace)));
}
