import type { HeaderEdits, HeaderValue } from '../plan/routing-plan.ts';

export const NO_EDITS: HeaderEdits = { set: [], add: [], remove: [] };

/** `{Name: value}` as values to send; the names in lower case. */
export function headerValues(map: Record<string, string> | undefined, format?: true): HeaderValue[] {
  return Object.entries(map ?? {}).map(([name, value]) => ({
    name: name.toLowerCase(),
    value,
    ...(format && { format }),
  }));
}

/** What a rule asks, and then what one of its backends asks: for a header both name, the backend has the last word. */
export function composeEdits(outer: HeaderEdits, inner: HeaderEdits): HeaderEdits {
  const settled = new Set([...inner.set.map(({ name }) => name), ...inner.remove]);
  const kept = (values: HeaderValue[]) => values.filter(({ name }) => !settled.has(name));
  // What is set is set: an added value comes after it, so the set one must not be put in its place.
  const set = kept(outer.set);
  return {
    set: [...set, ...inner.set],
    add: [...kept(outer.add), ...inner.add],
    remove: [...new Set([...outer.remove, ...inner.remove])],
  };
}
