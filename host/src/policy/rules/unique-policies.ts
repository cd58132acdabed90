import { quote } from '../describe-value.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { fieldOf } from '../field-path.ts';
import type { PolicyDocument } from '../policy-document.ts';

/** Over all documents: one object of a kind, namespace and name. Two would fight over the same buckets. */
export function duplicatePolicies(documents: readonly PolicyDocument[]): PolicyDocument[] {
  const first = new Set<string>();
  return documents.filter(({ value }) => {
    const { group, kind, namespace, name } = identityOf(value);
    if (typeof name !== 'string') return false;
    // Policies of two groups would share the names of their buckets; gateways of Istio and of Gateway API share nothing.
    const identity = JSON.stringify([kind === 'Gateway' ? group : '', kind, namespace, name]);
    if (first.has(identity)) return true;
    first.add(identity);
    return false;
  });
}

export function duplicatePolicyDiagnostic(document: PolicyDocument): Diagnostic {
  const { kind, namespace, name } = identityOf(document.value);
  const message = `expected one ${kind} of this name in namespace ${quote(namespace)}, got ${quote(String(name))} again`;
  return document.diagnostic('error', ['metadata', 'name'], message);
}

function identityOf(value: unknown) {
  const metadata = fieldOf(value, 'metadata');
  return {
    group: String(fieldOf(value, 'apiVersion')).replace(/\/[^/]*$/, ''),
    kind: String(fieldOf(value, 'kind')),
    namespace: String(fieldOf(metadata, 'namespace') ?? 'default'),
    name: fieldOf(metadata, 'name'),
  };
}
