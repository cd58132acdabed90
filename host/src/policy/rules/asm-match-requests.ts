import { type FieldPattern, fieldOf, findFields, isFieldMap } from '../field-path.ts';
import { error, type Finding, type Rule } from '../rule.ts';

/**
 * A match says something: an empty one beside others would undo them. Header names are free, so their comparisons are
 * looked for here.
 */
export function asmMatchRequests(matches: FieldPattern, comparisons: readonly string[]): Rule {
  return (value) =>
    findFields(value, matches).flatMap(({ path, value: match }): Finding[] => {
      if (!isFieldMap(match)) return [];
      const headers = fieldOf(match, 'headers');
      const headerCount = isFieldMap(headers) ? Object.keys(headers).length : 0;
      if (headerCount === 0 && Object.keys(match).every((name) => name === 'headers')) {
        return [error(path, 'expected at least one of method, path, host, scheme, headers, got none')];
      }
      return Object.entries(isFieldMap(headers) ? headers : {}).flatMap(([name, comparison]) => {
        if (!isFieldMap(comparison)) return [];
        const present = comparisons.filter((field) => Object.hasOwn(comparison, field));
        if (present.length === 1) return [];
        const got = present.length === 0 ? 'none' : present.join(' and ');
        const message = `expected exactly one of ${comparisons.join(', ')}, got ${got}`;
        return [error([...path, 'headers', name], message)];
      });
    });
}
