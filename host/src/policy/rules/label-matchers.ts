import { describeValue } from '../describe-value.ts';
import { type FieldPath, type FieldPattern, fieldOf, findFields, isFieldMap } from '../field-path.ts';
import { error, type Finding, type Rule } from '../rule.ts';

/** Of a label expression; the plugin configuration allows matchers 32 deep, and some of that is ours. */
const MAX_DEPTH = 16;
const EXPRESSION_FIELDS = ['not', 'all', 'any', 'label_exists', 'label_equals', 'label_matches'];

/** Operators have the values they need, and every node of an expression says exactly one thing. */
export function labelMatchers(matchers: readonly FieldPattern[]): Rule {
  return (value) =>
    matchers.flatMap((pattern) =>
      findFields(value, pattern).flatMap(({ path, value: matcher }) => [
        ...['match_expressions', 'match_list'].flatMap((name) =>
          listOf(fieldOf(matcher, name)).flatMap((requirement, index) =>
            checkRequirement([...path, name, index], requirement),
          ),
        ),
        ...checkExpression([...path, 'expression'], fieldOf(matcher, 'expression'), 1),
      ]),
    );
}

function checkRequirement(path: FieldPath, requirement: unknown): Finding[] {
  const operator = fieldOf(requirement, 'operator');
  const values = fieldOf(requirement, 'values');
  const isEmpty = values === undefined || (Array.isArray(values) && values.length === 0);
  if (operator === 'In' || operator === 'NotIn') {
    if (!isEmpty) return [];
    const where = values === undefined ? path : [...path, 'values'];
    return [error(where, `expected values for operator ${operator}, got ${describeValue(values)}`)];
  }
  if (isEmpty || (operator !== 'Exists' && operator !== 'DoesNotExist')) return [];
  const message = `expected no values for operator ${operator}, got ${describeValue(values)}`;
  return [error([...path, 'values'], message)];
}

function checkExpression(path: FieldPath, expression: unknown, depth: number): Finding[] {
  if (!isFieldMap(expression)) return [];
  if (depth > MAX_DEPTH) return [error(path, `expected an expression at most ${MAX_DEPTH} deep, got more`)];
  const present = EXPRESSION_FIELDS.filter((name) => Object.hasOwn(expression, name));
  const got = present.length === 0 ? 'none' : present.join(' and ');
  const one = `expected exactly one of ${EXPRESSION_FIELDS.join(', ')}, got ${got}`;
  // A misspelt field is what the schema reports.
  const isMisspelt = present.length === 0 && Object.keys(expression).length > 0;
  return [
    ...(present.length === 1 || isMisspelt ? [] : [error(path, one)]),
    ...checkExpression([...path, 'not'], expression.not, depth + 1),
    ...['all', 'any'].flatMap((name) => {
      const field = fieldOf(expression, name);
      const isList = Array.isArray(field);
      const below = isList ? [...path, name] : [...path, name, 'of'];
      return listOf(isList ? field : fieldOf(field, 'of')).flatMap((each, index) =>
        checkExpression([...below, index], each, depth + 1),
      );
    }),
  ];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
