import { quote } from '../describe-value.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { PolicyRule } from '../policy.ts';

/**
 * Over all policies: `namespace/policy/rule` names one rule. Policies of two kinds may share namespace and name, and
 * then must not share a rule's name, since that is the identity of the bucket.
 */
export function duplicateRules(rules: readonly PolicyRule[]): Diagnostic[] {
  const first = new Set<string>();
  return rules.flatMap(({ name, origin }) => {
    if (!first.has(name)) {
      first.add(name);
      return [];
    }
    return [
      origin.document.diagnostic(
        'error',
        origin.path,
        `expected a rule that no other has the name of, got ${quote(name)} again`,
      ),
    ];
  });
}
