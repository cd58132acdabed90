import { quote } from '../describe-value.ts';
import { type FieldPattern, findFields } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

/**
 * The names under `pattern` are distinct. A rule's name is the identity of its bucket and its metrics: two rules of
 * one name would count into one bucket.
 */
export function uniqueNames(pattern: FieldPattern, others = 'rule of this policy'): Rule {
  return (value) => {
    const first = new Set<unknown>();
    return findFields(value, pattern).flatMap(({ path, value: name }) => {
      if (typeof name !== 'string' || !first.has(name)) {
        first.add(name);
        return [];
      }
      return [error(path, `expected a name no other ${others} has, got ${quote(name)} again`)];
    });
  };
}
