import { type FieldPattern, fieldPattern, findFields } from '../field-path.ts';
import { type Rule, warning } from '../rule.ts';

/** A field that is read and has no effect here. */
export interface NotHonoured {
  field: string;
  /** A whole statement about what happens instead; `expected …, got …` where there is something to compare. */
  message: string;
  /** Values that ask for nothing, and are not worth a word. */
  except?: readonly unknown[];
}

/** Fields that Sluice reads and cannot honour: each is named where it stands, never passed over in silence. */
export function notHonoured(fields: readonly NotHonoured[]): Rule {
  const patterns = fields.map(({ field, ...rest }): NotHonoured & { pattern: FieldPattern } => ({
    ...rest,
    field,
    pattern: fieldPattern(field),
  }));
  return (value) =>
    patterns.flatMap(({ pattern, message, except = [] }) =>
      findFields(value, pattern)
        .filter((found) => !except.includes(found.value))
        .map(({ path }) => ({ ...warning(path, message), at: 'key' as const })),
    );
}
