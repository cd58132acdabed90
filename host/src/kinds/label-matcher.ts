import type { ValueSource } from '../plan/plugin-configuration.ts';
import type { PolicyCondition, PolicyMatcher, TextComparison } from '../policy/policy.ts';
import { labelSources } from './label-key.ts';
import type { LabelExpression, LabelMatcher, LabelRequirement } from './label-matcher-schema.ts';

/** What must hold for a label matcher; nothing for an empty one, which matches every request. */
export function labelMatchers(matcher: LabelMatcher | undefined): PolicyMatcher[] {
  if (matcher === undefined) return [];
  const { match_labels = {}, match_expressions = [], match_list = [], expression } = matcher;
  return [
    ...Object.entries(match_labels).map(([key, value]) => isOneOf(key, [value])),
    ...[...match_expressions, ...match_list].map(requirementMatcher),
    ...(expression === undefined ? [] : [expressionMatcher(expression)]),
  ];
}

/** A label that is missing is not in any list, as in Kubernetes' selectors. */
function requirementMatcher({ key, operator, values = [] }: LabelRequirement): PolicyMatcher {
  if (operator === 'Exists') return exists(key);
  if (operator === 'DoesNotExist') return { not: exists(key) };
  return operator === 'In' ? isOneOf(key, values) : { not: isOneOf(key, values) };
}

/** Exactly one field is there: rules/label-matchers.ts. */
function expressionMatcher(expression: LabelExpression): PolicyMatcher {
  const { not, all, any, label_exists, label_equals, label_matches } = expression;
  if (not !== undefined) return { not: expressionMatcher(not) };
  if (all !== undefined) return allOf(all.map(expressionMatcher));
  if (any !== undefined) return anyOf(any.map(expressionMatcher));
  if (label_exists !== undefined) return exists(label_exists);
  if (label_equals !== undefined) {
    return allOf(label_equals.map(({ label, value }) => isOneOf(label, [value])));
  }
  return allOf(
    label_matches!.map(({ label, regex }) => {
      const comparison = { is: 'regex', expression: regex, anywhere: true } as const;
      return anyOf(labelSources(label).map((source) => ({ ...source, ...comparison })));
    }),
  );
}

function exists(key: string): PolicyMatcher {
  return anyOf(labelSources(key).map((source): PolicyCondition => ({ ...source, is: 'present' })));
}

/** Holds when any source of the label has one of the values. */
function isOneOf(key: string, values: readonly string[]): PolicyMatcher {
  const conditions = labelSources(key).flatMap((source) =>
    values.map((value): PolicyCondition => ({ ...source, ...equals(source, value) })),
  );
  return anyOf(conditions);
}

/** Hosts have no case; Aperture calls the versions of HTTP that Envoy calls 2 and 3 `2.0` and `3.0`. */
function equals({ on }: ValueSource, value: string): TextComparison {
  if (on === 'host') return { is: 'exact', value, ignoreCase: true };
  return { is: 'exact', value: on === 'flavor' ? value.replace(/^([23])\.0$/, '$1') : value };
}

export function allOf(matchers: PolicyMatcher[]): PolicyMatcher {
  return matchers.length === 1 ? matchers[0]! : { all: matchers };
}

export function anyOf(matchers: PolicyMatcher[]): PolicyMatcher {
  return matchers.length === 1 ? matchers[0]! : { any: matchers };
}
