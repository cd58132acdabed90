import type { ValueSource } from '../plan/plugin-configuration.ts';
import type { PolicyCondition, PolicyMatcher, TextComparison } from '../policy/policy.ts';
import type { AsmMatchRequest, StringMatch } from './asm-quota-scheduling-policy-schema.ts';
import { allOf } from './label-matcher.ts';

/** One item of `match_requests`: everything it says must hold. */
export function matchRequest({ method, path, host, scheme, headers = {} }: AsmMatchRequest): PolicyMatcher {
  const compared: [ValueSource, StringMatch | undefined][] = [
    [{ on: 'method' }, method],
    [{ on: 'path' }, path],
    [{ on: 'host' }, host],
    [{ on: 'header', name: ':scheme' }, scheme],
    ...Object.entries(headers).map(([name, match]): [ValueSource, StringMatch] => [
      { on: 'header', name: name.toLowerCase() },
      match,
    ]),
  ];
  return allOf(
    compared.flatMap(([source, match]): PolicyCondition[] =>
      match === undefined ? [] : [{ ...source, ...comparison(match, source.on === 'host') }],
    ),
  );
}

/** One field is there: rules/exactly-one-field.ts. Hosts have no case. */
function comparison({ exact, prefix, suffix, regex }: StringMatch, ignoresCase: boolean): TextComparison {
  if (regex !== undefined) return { is: 'regex', expression: ignoresCase ? `(?i:${regex})` : regex };
  const ignoreCase = ignoresCase ? { ignoreCase: true } : {};
  if (prefix !== undefined) return { is: 'prefix', value: prefix, ...ignoreCase };
  if (suffix !== undefined) return { is: 'suffix', value: suffix, ...ignoreCase };
  return { is: 'exact', value: exact!, ...ignoreCase };
}
