import { z } from 'zod';

/**
 * Convention of all schemas in Sluice: a message is the phrase after `expected`. schema-issues.ts adds `, got …`.
 * The message of an object is the list of its fields, for `expected one of …` at an unknown field.
 */
export function object<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(', ');
  const phrase = Object.keys(shape).length === 0 ? 'an empty map' : `a map with ${names}`;
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? names : phrase),
  });
}

export function list<Item extends z.ZodType>(item: Item, { nonEmpty = false, most = Infinity } = {}) {
  const atMost = `a list of at most ${most} items`;
  const schema = z.array(item, { error: 'a list' }).max(most, { error: atMost });
  return nonEmpty ? schema.min(1, { error: 'a list with at least one item' }) : schema;
}

/** A map with free keys. */
export function mapOf<Value extends z.ZodType>(key: z.ZodType<string, string>, value: Value) {
  return z.record(key, value, { error: 'a map' });
}

export function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, { error: values.length === 1 ? `\`${values[0]}\`` : `one of ${values.join(', ')}` });
}

export function flag() {
  return z.boolean({ error: 'true or false' });
}

/** A text that is carried but has no meaning for Sluice. */
export function anyText() {
  return z.string({ error: 'a text' });
}

/**
 * A field that may be written in several shapes: `shapeOf` chooses the schema for what was written, so that mistakes
 * are reported by that shape's own messages, at their own places.
 */
export function byShape<Shape extends z.ZodType>(shapeOf: (value: unknown) => Shape) {
  return z.unknown().transform((value, context): z.output<Shape> => {
    const parsed = shapeOf(value).safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.issues.push(issue as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}
