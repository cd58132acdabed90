import { z } from 'zod';
import type { ValueSource } from '../plan/plugin-configuration.ts';
import { isToken } from '../policy/fields/http.ts';

const HEADER_PREFIX = 'http.request.header.';

/** Labels of a request that are no headers. Envoy shows target and scheme as headers. */
const SOURCES = new Map<string, ValueSource>([
  ['http.method', { on: 'method' }],
  ['http.target', { on: 'header', name: ':path' }],
  ['http.host', { on: 'host' }],
  ['http.scheme', { on: 'header', name: ':scheme' }],
  ['http.flavor', { on: 'flavor' }],
]);

const READABLE = `\`${HEADER_PREFIX}<name in lower case>\`, ${[...SOURCES.keys()].join(', ')}`;

/** The key of a label, as FluxNinja Aperture names the facts of a request. Labels of its agents are not known here. */
export function labelKey() {
  const phrase = `a label of the request (${READABLE})`;
  return z.string({ error: phrase }).refine((key) => labelSources(key).length > 0, { error: phrase });
}

/**
 * Where the label's value comes from: the first source that the request has. Labels write `-` as `_`, so a name with
 * `_` stands for a header with `-` as well as for one that really has `_`. Empty for a key that is no label.
 */
export function labelSources(key: string): ValueSource[] {
  const source = SOURCES.get(key);
  if (source !== undefined) return [source];
  if (!key.startsWith(HEADER_PREFIX)) return [];
  const name = key.slice(HEADER_PREFIX.length);
  if (!isToken(name) || name !== name.toLowerCase()) return [];
  return [...new Set([name, name.replaceAll('_', '-')])].map((each) => ({ on: 'header', name: each }));
}
