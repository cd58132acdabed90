import type { FieldMatch, PathMatch, RouteMatch } from '../plan/routing-plan.ts';
import type { JsonObject } from './json.ts';

export function routeMatch({ path, headers, query }: RouteMatch): JsonObject {
  return {
    ...pathMatch(path),
    ...(path.ignoreCase === true && { case_sensitive: false }),
    ...(headers.length > 0 && { headers: headers.map(headerMatch) }),
    ...(query.length > 0 && { query_parameters: query.map(queryMatch) }),
  };
}

function pathMatch({ is, value }: PathMatch): JsonObject {
  switch (is) {
    case 'exact':
      return { path: value };
    case 'regex':
      return { safe_regex: { regex: value } };
    case 'segments': {
      const trimmed = value.replace(/\/+$/, '');
      return trimmed === '' ? { prefix: '/' } : { path_separated_prefix: trimmed };
    }
    case 'prefix':
      return { prefix: value };
  }
}

function headerMatch(field: FieldMatch): JsonObject {
  return {
    name: field.name,
    ...(field.is === 'present' ? { present_match: true } : { string_match: stringMatch(field) }),
    ...(field.invert === true && { invert_match: true }),
  };
}

function queryMatch(field: FieldMatch): JsonObject {
  return {
    name: field.name,
    ...(field.is === 'present' ? { present_match: true } : { string_match: stringMatch(field) }),
  };
}

export function stringMatch({
  is,
  value,
  ignoreCase,
}: Pick<FieldMatch, 'is' | 'value' | 'ignoreCase'>): JsonObject {
  const how: JsonObject = is === 'regex' ? { safe_regex: { regex: value } } : { [is]: value };
  return { ...how, ...(ignoreCase === true && { ignore_case: true }) };
}
