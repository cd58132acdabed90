import { fieldPattern, findFields, isFieldMap } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

const OVERRIDE_MATCHES = fieldPattern('spec.rules[].overrides[].match');

/** An override has a condition: one without would replace the limit of every request, and hide the overrides after it. */
export const overrideConditions: Rule = (value) =>
  findFields(value, OVERRIDE_MATCHES).flatMap(({ path, value: match }) => {
    if (!isFieldMap(match) || Object.values(match).some((part) => !Array.isArray(part) || part.length > 0))
      return [];
    return [error(path, 'expected at least one condition, got none')];
  });
