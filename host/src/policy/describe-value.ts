/** Longest text shown in a message, in characters. */
const MAX_SHOWN = 60;

/**
 * What was found, for `expected …, got …`: `0`, `"60"`, `a list`. `source` is what the user wrote, which for a
 * number says more than its value (`9007199254740993`).
 */
export function describeValue(value: unknown, source?: string): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing (null)';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return shorten(source ?? String(value));
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty map' : 'a map';
  return String(value);
}

/** A text in quotes, control characters escaped, shortened. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

function shorten(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
