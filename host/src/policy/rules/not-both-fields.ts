import { type FieldPattern, fieldOf, findFields } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

/** No map under `pattern` has both fields: they are two spellings of one thing. */
export function notBothFields(pattern: FieldPattern, one: string, other: string): Rule {
  return (value) =>
    findFields(value, pattern).flatMap(({ path, value: map }) => {
      if (fieldOf(map, one) === undefined || fieldOf(map, other) === undefined) return [];
      return [error([...path, other], `expected either ${one} or ${other}, got both`)];
    });
}
