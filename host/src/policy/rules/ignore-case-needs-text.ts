import { type FieldPattern, fieldOf, findFields } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

/** `ignoreCase` says something about a text, and there is none to compare with `present`. */
export function ignoreCaseNeedsText(matchers: readonly FieldPattern[]): Rule {
  return (value) =>
    matchers.flatMap((pattern) =>
      findFields(value, pattern).flatMap(({ path, value: matcher }) => {
        if (fieldOf(matcher, 'present') === undefined || fieldOf(matcher, 'ignoreCase') === undefined)
          return [];
        return [error([...path, 'ignoreCase'], 'expected a text to compare beside ignoreCase, got present')];
      }),
    );
}
