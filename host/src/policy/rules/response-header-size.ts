import { type FieldPattern, fieldOf, findFields, isFieldMap } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

/** What the module sets aside for the headers of one refusal (assembly/runtime/local-reply.ts), less its own. */
const MAX_HEADERS = 48;
const MAX_HEADER_BYTES = 15_872;

/**
 * The headers of one answer, a list of name and value or a map, fit into the module's memory and into what HTTP
 * clients commonly take (16 KiB).
 */
export function responseHeaderSize(patterns: readonly FieldPattern[]): Rule {
  return (value) =>
    patterns.flatMap((pattern) =>
      findFields(value, pattern).flatMap(({ path, value: headers }) => {
        const pairs = headerPairs(headers);
        const bytes = pairs.reduce((sum, pair) => sum + Buffer.byteLength(pair.join()) + 1, 0);
        if (pairs.length <= MAX_HEADERS && bytes <= MAX_HEADER_BYTES) return [];
        const most = `${MAX_HEADERS} headers of ${MAX_HEADER_BYTES} bytes together`;
        return [error(path, `expected at most ${most}, got ${pairs.length} of ${bytes}`)];
      }),
    );
}

function headerPairs(headers: unknown): [name: string, value: string][] {
  if (isFieldMap(headers)) return Object.entries(headers).map(([name, value]) => [name, String(value)]);
  if (!Array.isArray(headers)) return [];
  return headers.map((header) => [String(fieldOf(header, 'name')), String(fieldOf(header, 'value'))]);
}
