import { quote } from '../describe-value.ts';
import { type FieldPattern, fieldOf, findFields } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

/** A header is renamed or copied to another one. */
export function headerEdits(edits: readonly FieldPattern[]): Rule {
  return (value) =>
    edits.flatMap((pattern) =>
      findFields(value, pattern).flatMap(({ path, value: edit }) =>
        ['rename', 'copy'].flatMap((name) => {
          const [from, to] = [fieldOf(fieldOf(edit, name), 'from'), fieldOf(fieldOf(edit, name), 'to')];
          if (typeof from !== 'string' || typeof to !== 'string') return [];
          if (from.toLowerCase() !== to.toLowerCase()) return [];
          return [
            error(
              [...path, name, 'to'],
              `expected another header than the one in \`from\`, got ${quote(to)}`,
            ),
          ];
        }),
      ),
    );
}
