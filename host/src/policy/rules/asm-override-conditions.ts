import { fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

const REQUEST_MATCHES = fieldPattern('spec.configs[].limit_overrides[].request_match');

/** An override has a condition: one without would replace the limit of every request, and hide the overrides after it. */
export const asmOverrideConditions: Rule = (value) =>
  findFields(value, REQUEST_MATCHES).flatMap(({ path, value: match }) => {
    const matchers = [fieldOf(match, 'header_match'), fieldOf(match, 'query_match')];
    if (matchers.some((list) => list !== undefined && !(Array.isArray(list) && list.length === 0))) return [];
    return [error(path, 'expected at least one header_match or query_match, got none')];
  });
