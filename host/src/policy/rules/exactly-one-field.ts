import { type FieldPattern, findFields, isFieldMap } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

/**
 * Each map under `patterns` has exactly one of `names`. With several it would be unclear which one counts, and with
 * none it would match everything (Envoy's HeaderMatcher with no specifier means "present", which nobody guesses).
 */
export function exactlyOneField(patterns: readonly FieldPattern[], names: readonly string[]): Rule {
  return (value) =>
    patterns.flatMap((pattern) =>
      findFields(value, pattern).flatMap(({ path, value: map }) => {
        if (!isFieldMap(map)) return [];
        const present = names.filter((name) => Object.hasOwn(map, name));
        if (present.length === 1) return [];
        const got = present.length === 0 ? 'none' : present.join(' and ');
        return [error(path, `expected exactly one of ${names.join(', ')}, got ${got}`)];
      }),
    );
}
