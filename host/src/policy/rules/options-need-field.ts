import { type FieldPattern, fieldOf, findFields } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

/** `options` stand only beside `field`: `keyCapacity`, say, means nothing without a `key`. */
export function optionsNeedField(maps: FieldPattern, options: readonly string[], field: string): Rule {
  return (value) =>
    findFields(value, maps).flatMap(({ path, value: map }) =>
      options
        .filter((name) => fieldOf(map, name) !== undefined && fieldOf(map, field) === undefined)
        .map((name) => error([...path, name], `expected a \`${field}\` beside ${name}, got none`)),
    );
}
