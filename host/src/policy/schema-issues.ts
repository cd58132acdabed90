import type { z } from 'zod';
import { describeValue, quote } from './describe-value.ts';
import type { Diagnostic } from './diagnostic.ts';
import { didYouMean, nearestName } from './did-you-mean.ts';
import type { FieldPath } from './field-path.ts';
import type { PolicyDocument } from './policy-document.ts';

/**
 * The diagnostics for what a schema found. Schemas follow the convention of fields/object.ts: a message is the phrase
 * after `expected`. One mistake has one diagnostic: of several checks on a field the first counts, a whole is not
 * reported beside its parts, and a missing field not beside the misspelt one.
 */
export function schemaDiagnostics(issues: readonly Issue[], document: PolicyDocument): Diagnostic[] {
  const parents = new Set(
    issues.flatMap(({ path }) => path.map((_, depth) => pathKey(path.slice(0, depth)))),
  );
  for (const issue of issues) if (issue.code === 'unrecognized_keys') parents.add(pathKey(issue.path));
  const misspelt = new Set(issues.flatMap(misspeltFields));
  const seen = new Set<string>();
  return issues.flatMap((issue) => {
    const key = pathKey(issue.path);
    if (issue.code === 'unrecognized_keys') return unknownFields(issue, document);
    if (seen.has(key)) return [];
    if (misspelt.has(key) && valueAt(document.value, issue.path as FieldPath) === undefined) return [];
    if (issue.code === 'custom' && parents.has(key)) return [];
    seen.add(key);
    return [diagnosticOf(issue, document)];
  });
}

type Issue = z.core.$ZodIssue;
type UnknownFields = Extract<Issue, { code: 'unrecognized_keys' }>;

function pathKey(path: Issue['path']): string {
  return JSON.stringify(path);
}

/** The fields that were probably meant by unknown ones. */
function misspeltFields(issue: Issue): string[] {
  if (issue.code !== 'unrecognized_keys') return [];
  return issue.keys.flatMap((key) => {
    const meant = nearestName(key, issue.message.split(', '));
    return meant === undefined ? [] : [pathKey([...issue.path, meant])];
  });
}

function unknownFields(
  { keys, path, message: names }: UnknownFields,
  document: PolicyDocument,
): Diagnostic[] {
  return keys.map((key) => {
    const hint = didYouMean(key, names.split(', '));
    const message = `expected one of ${names}, got the unknown field ${quote(key)}${hint}`;
    return document.diagnostic('error', [...(path as FieldPath), key], message, 'key');
  });
}

function diagnosticOf(issue: Issue, document: PolicyDocument): Diagnostic {
  const path = issue.path as FieldPath;
  if (issue.code === 'invalid_key') {
    const expected = issue.issues[0]?.message ?? issue.message;
    return document.diagnostic(
      'error',
      path,
      `expected ${expected}, got ${quote(String(path.at(-1)))}`,
      'key',
    );
  }
  if (issue.code === 'custom' && issue.params?.statement) {
    return document.diagnostic('error', path, issue.params.statement);
  }
  const value = valueAt(document.value, path);
  const isUnknownWord = issue.code === 'invalid_value' && typeof value === 'string';
  const hint = isUnknownWord ? didYouMean(value, issue.values.map(String)) : '';
  const because = issue.code === 'custom' && issue.params?.because ? `: ${issue.params.because}` : '';
  const got = describeValue(value, document.sourceOf(path));
  return document.diagnostic('error', path, `expected ${issue.message}, got ${got}${because}${hint}`);
}

function valueAt(root: unknown, path: FieldPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
