import { fieldOf, fieldPattern, findFields, isFieldMap } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

const MATCHERS = [
  fieldPattern('spec.configs[].match.vhost.route.header_match[]'),
  fieldPattern('spec.configs[].limit_overrides[].request_match.header_match[]'),
  fieldPattern('spec.configs[].limit_overrides[].request_match.query_match[]'),
];
const SPECIFIERS = ['exact_match', 'prefix_match', 'suffix_match', 'regex_match', 'present_match'];

/**
 * A matcher has exactly one specifier. `is_exact_match_empty: true` stands for `exact_match: ""`, which protobuf
 * cannot tell from an absent field, and may stand beside it. With no specifier Envoy would match every request that
 * has the header, which nobody guesses.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-headermatcher
 */
export const asmMatchers: Rule = (value) =>
  MATCHERS.flatMap((pattern) =>
    findFields(value, pattern).flatMap(({ path, value: matcher }) => {
      if (!isFieldMap(matcher)) return [];
      const specifiers = SPECIFIERS.filter((name) => fieldOf(matcher, name) !== undefined);
      const isEmpty = fieldOf(matcher, 'is_exact_match_empty') === true;
      if (isEmpty && fieldOf(matcher, 'exact_match') !== '') specifiers.push('is_exact_match_empty');
      if (specifiers.length === 1) return [];
      const got = specifiers.length === 0 ? 'none' : specifiers.join(' and ');
      return [error(path, `expected exactly one of ${SPECIFIERS.join(', ')}, got ${got}`)];
    }),
  );
