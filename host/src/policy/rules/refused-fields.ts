import { fieldPattern, findFields } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

/** Fields without which a policy would mean something else, and which Sluice cannot honour. */
export function refusedFields(fields: readonly { field: string; message: string }[]): Rule {
  const patterns = fields.map(({ field, message }) => ({ pattern: fieldPattern(field), message }));
  return (value) =>
    patterns.flatMap(({ pattern, message }) =>
      findFields(value, pattern).map(({ path }) => ({ ...error(path, message), at: 'key' as const })),
    );
}
