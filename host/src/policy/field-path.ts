/** Where a value stands in a document: field names and list indices from the root. */
export type FieldPath = readonly (string | number)[];

/** `spec.configs[0].limit.quota`; a name that is no plain word is quoted: `metadata.labels["a.b/c"]`. */
export function formatFieldPath(path: FieldPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** A value found in a document, with the path that leads to it. */
export interface Found {
  path: FieldPath;
  value: unknown;
}

/** `spec.rules[].limit`, split once: `[]` means every item of a list. */
export type FieldPattern = readonly string[];

/** Splits a pattern such as `spec.configs[].limit`. Done once per rule, when its module is loaded. */
export function fieldPattern(pattern: string): FieldPattern {
  return pattern.replaceAll('[]', '.[]').split('.');
}

/**
 * Every value that stands under `pattern` in `root`, in document order. What is absent or has another shape is passed
 * over: the schema reports it, and the checks that use this function run all the same.
 */
export function findFields(root: unknown, pattern: FieldPattern): Found[] {
  const found: Found[] = [];
  collect(root, pattern, 0, [], found);
  return found;
}

function collect(
  value: unknown,
  pattern: FieldPattern,
  depth: number,
  path: FieldPath,
  found: Found[],
): void {
  const part = pattern[depth];
  if (part === undefined) {
    found.push({ path, value });
  } else if (part === '[]') {
    if (!Array.isArray(value)) return;
    for (const [index, item] of value.entries()) collect(item, pattern, depth + 1, [...path, index], found);
  } else {
    const next = fieldOf(value, part);
    if (next !== undefined) collect(next, pattern, depth + 1, [...path, part], found);
  }
}

/** The field `name` of `value`, or undefined when `value` is no object or has no such field. */
export function fieldOf(value: unknown, name: string): unknown {
  if (!isFieldMap(value) || !Object.hasOwn(value, name)) return undefined;
  return value[name];
}

/** True for what YAML calls a mapping. */
export function isFieldMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
