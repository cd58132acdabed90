import { type FieldPattern, fieldOf, findFields, isFieldMap } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

/** A cost is fixed, or read from a header: then `max` bounds what a client can make a request cost. */
export function costForm(costs: FieldPattern): Rule {
  return (value) =>
    findFields(value, costs).flatMap(({ path, value: cost }) => {
      if (!isFieldMap(cost)) return [];
      const has = (name: string) => fieldOf(cost, name) !== undefined;
      if (has('fixed') === has('header')) {
        return [
          error(
            path,
            `expected exactly one of fixed, header, got ${has('fixed') ? 'fixed and header' : 'none'}`,
          ),
        ];
      }
      if (has('header') && !has('max'))
        return [
          error(path, 'expected `max` beside header, got none: a client could spend everything at once'),
        ];
      return ['default', 'max']
        .filter((name) => has('fixed') && has(name))
        .map((name) => error([...path, name], `expected ${name} only beside header, got it beside fixed`));
    });
}
