import { type FieldPattern, type Found, findFields, isFieldMap } from '../policy/field-path.ts';

/** The names in maps of headers to add, each with its place, for rules over header names. */
export function namesInHeaderMaps(patterns: readonly FieldPattern[]): (value: unknown) => Found[] {
  return (value) =>
    patterns
      .flatMap((pattern) => findFields(value, pattern))
      .flatMap(({ path, value: map }) =>
        isFieldMap(map) ? Object.keys(map).map((name) => ({ path: [...path, name], value: name })) : [],
      );
}
