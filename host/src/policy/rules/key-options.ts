import { type FieldPattern, fieldOf, findFields } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

/** `keyCapacity` and `whenKeyMissing` stand only beside a `key`: without one there is one bucket and nothing to miss. */
export function keyOptionsNeedKey(rules: FieldPattern): Rule {
  return (value) =>
    findFields(value, rules).flatMap(({ path, value: rule }) =>
      ['keyCapacity', 'whenKeyMissing']
        .filter((name) => fieldOf(rule, name) !== undefined && fieldOf(rule, 'key') === undefined)
        .map((name) => error([...path, name], `expected a \`key\` beside ${name}, got none`)),
    );
}
