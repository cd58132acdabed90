import { quote } from '../describe-value.ts';
import type { Found } from '../field-path.ts';
import { type Rule, warning } from '../rule.ts';

/** Headers the module writes into a refusal itself, so that they are truthful. */
const OWN_HEADERS = [
  'retry-after',
  'x-local-rate-limit',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
];

/** True for a header that only the module may write. */
export function isOwnResponseHeader(name: string): boolean {
  return OWN_HEADERS.includes(name.toLowerCase());
}

/** Warns of policy headers that Sluice sends itself; published examples have `x-local-rate-limit: "true"`. */
export function ownResponseHeaders(headerNames: (value: unknown) => Found[]): Rule {
  return (value) =>
    headerNames(value).flatMap(({ path, value: name }) => {
      if (typeof name !== 'string' || !isOwnResponseHeader(name)) return [];
      return [
        warning(
          path,
          `expected a header that Sluice does not send itself, got ${quote(name)}; it is left out`,
        ),
      ];
    });
}
