import type { FieldPath } from './field-path.ts';

/** What a rule found: the same as a diagnostic, before its place in the file is looked up. */
export interface Finding {
  severity: 'error' | 'warning';
  path: FieldPath;
  message: string;
  /** Point at the field's name instead of its value. */
  at?: 'key';
}

/**
 * A check over several fields of one object. It gets the object as it was written, valid or not, so that it runs in
 * the same run as the schema, and passes over whatever has the wrong shape.
 */
export type Rule = (value: unknown) => Finding[];

export function error(path: FieldPath, message: string): Finding {
  return { severity: 'error', path, message };
}

export function warning(path: FieldPath, message: string): Finding {
  return { severity: 'warning', path, message };
}
