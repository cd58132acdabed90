import { POLICY_KINDS } from '../kinds/index.ts';
import type { PolicyKind } from '../kinds/policy-kind.ts';
import { describeValue, quote } from './describe-value.ts';
import type { Diagnostic } from './diagnostic.ts';
import { didYouMean } from './did-you-mean.ts';
import { fieldOf, isFieldMap } from './field-path.ts';
import type { PolicyDocument } from './policy-document.ts';

/** The kind of a document, or why it has none that is read. `strict` makes an unknown kind an error. */
export function findKind(
  document: PolicyDocument,
  strict: boolean,
): { kind: PolicyKind } | { kind?: undefined; diagnostic: Diagnostic } {
  const { value } = document;
  if (!isFieldMap(value)) {
    return {
      diagnostic: document.diagnostic(
        'error',
        [],
        `expected an object with apiVersion and kind, got ${describeValue(value)}`,
      ),
    };
  }
  for (const field of ['kind', 'apiVersion']) {
    const text = fieldOf(value, field);
    if (typeof text === 'string' && text !== '') continue;
    return {
      diagnostic: document.diagnostic(
        'error',
        [field],
        `expected the ${field} of an object, got ${describeValue(text)}`,
      ),
    };
  }
  const name = String(value.kind);
  const apiVersion = String(value.apiVersion);
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.lastIndexOf('/')) : '';
  const kind = POLICY_KINDS.find((known) => known.kind === name && known.group === group);
  if (kind !== undefined) return { kind };
  const known = [...new Set(POLICY_KINDS.map((known) => known.kind))];
  const sameKind = POLICY_KINDS.filter((known) => known.kind === name);
  const apiVersions = sameKind.map(({ group, versions }) => `\`${group}/${versions[0]}\``).join(' or ');
  const hint =
    sameKind.length === 0
      ? didYouMean(name, known)
      : `; the ${name} that Sluice reads has apiVersion ${apiVersions}`;
  const message = `expected a kind that Sluice reads (${known.join(', ')}), got ${quote(name)} of ${quote(apiVersion)}${strict ? '' : ', which is skipped'}${hint}`;
  return { diagnostic: document.diagnostic(strict ? 'error' : 'warning', ['kind'], message) };
}
