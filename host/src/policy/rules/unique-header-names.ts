import { quote } from '../describe-value.ts';
import type { Found } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

/** Header names of one map are distinct without case: `X-A` and `x-a` are one header, and one value would be lost. */
export function uniqueHeaderNames(headerNames: (value: unknown) => Found[]): Rule {
  return (value) => {
    const first = new Set<string>();
    return headerNames(value).flatMap(({ path, value: name }) => {
      if (typeof name !== 'string') return [];
      const identity = JSON.stringify([path.slice(0, -1), name.toLowerCase()]);
      if (!first.has(identity)) {
        first.add(identity);
        return [];
      }
      return [
        {
          ...error(
            path,
            `expected each header once (names are compared without case), got ${quote(name)} again`,
          ),
          at: 'key' as const,
        },
      ];
    });
  };
}
