import { type FieldPattern, fieldOf, findFields, isFieldMap } from '../field-path.ts';
import { error, type Finding, type Rule } from '../rule.ts';

/** How a kind names what a breaker looks at. */
export interface BreakerFields {
  /** What may open it. */
  conditions: readonly string[];
  /** When a call is slow, and the conditions that ask for it. */
  slowDuration: string;
  slowConditions: readonly string[];
  /** What makes it open, or not, whatever its calls do: then it needs no condition. */
  isForced?: (breaker: unknown) => boolean;
}

/** A breaker can open: it has a condition, and where that is about slow calls it says what those are. */
export function breakerConditions(breakers: FieldPattern, fields: BreakerFields): Rule {
  return (value) =>
    findFields(value, breakers).flatMap(({ path, value: breaker }) => {
      if (!isFieldMap(breaker)) return [];
      const has = (name: string) => fieldOf(breaker, name) !== undefined;
      const findings: Finding[] = [];
      const slow = fields.slowConditions.filter(has);
      if (!fields.conditions.some(has) && fields.isForced?.(breaker) !== true) {
        findings.push(
          error(
            path,
            `expected at least one of ${fields.conditions.join(', ')}, got none: it could never open`,
          ),
        );
      } else if (slow.length === 0 && has(fields.slowDuration)) {
        const wanted = fields.slowConditions.join(' or ');
        findings.push(
          error([...path, fields.slowDuration], `expected ${wanted} beside ${fields.slowDuration}, got none`),
        );
      }
      if (slow.length > 0 && !has(fields.slowDuration)) {
        const message = `expected ${fields.slowDuration} beside ${slow[0]}, got none: no call would be slow`;
        findings.push(error([...path, slow[0]!], message));
      }
      return findings;
    });
}
