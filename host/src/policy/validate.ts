import type { PolicyKind } from '../kinds/policy-kind.ts';
import { byPosition } from './by-position.ts';
import type { Diagnostic } from './diagnostic.ts';
import { findKind } from './find-kind.ts';
import type { Policy, PolicyRule } from './policy.ts';
import type { PolicyDocument } from './policy-document.ts';
import { excessiveBreakerKeys } from './rules/total-breaker-keys.ts';
import { excessiveKeyCapacity } from './rules/total-key-capacity.ts';
import { duplicatePolicies, duplicatePolicyDiagnostic } from './rules/unique-policies.ts';
import { duplicateRules } from './rules/unique-rule-identity.ts';
import { unreachableWorkloads } from './rules/unreachable-workloads.ts';
import { schemaDiagnostics } from './schema-issues.ts';

export interface Validated {
  /** The documents without mistakes, in the common model. */
  policies: Policy[];
  /** All mistakes of all documents, in the order of the documents. */
  diagnostics: Diagnostic[];
}

export interface ValidateOptions {
  /** Unknown kinds are errors instead of warnings. */
  strict?: boolean;
}

/** Checks documents field by field, then rule by rule, then against each other. */
export function validate(
  documents: readonly PolicyDocument[],
  { strict = false }: ValidateOptions = {},
): Validated {
  const validated: Validated = { policies: [], diagnostics: [] };
  const known: PolicyDocument[] = [];
  for (const document of documents) {
    const found = findKind(document, strict);
    if (found.kind === undefined) {
      validated.diagnostics.push(found.diagnostic);
      continue;
    }
    known.push(document);
    const { policy, diagnostics } = checkDocument(document, found.kind);
    for (const diagnostic of diagnostics) validated.diagnostics.push(diagnostic);
    if (policy !== undefined) validated.policies.push(policy);
  }
  const duplicates = new Set(duplicatePolicies(known));
  const isFirst = ({ origin }: PolicyRule) => !duplicates.has(origin.document);
  const rateLimits = validated.policies.flatMap((policy) => policy.rateLimits ?? []).filter(isFirst);
  const quotaSchedulers = validated.policies
    .flatMap((policy) => policy.quotaSchedulers ?? [])
    .filter(isFirst);
  const circuitBreakers = validated.policies
    .flatMap((policy) => policy.circuitBreakers ?? [])
    .filter(isFirst);
  validated.diagnostics.push(
    ...[...duplicates].map(duplicatePolicyDiagnostic),
    ...duplicateRules(rateLimits),
    ...duplicateRules(quotaSchedulers),
    ...duplicateRules(circuitBreakers),
    ...excessiveKeyCapacity(rateLimits),
    ...excessiveBreakerKeys(circuitBreakers),
    ...quotaSchedulers.flatMap(unreachableWorkloads),
  );
  return validated;
}

function checkDocument(
  document: PolicyDocument,
  kind: PolicyKind,
): { policy?: Policy; diagnostics: Diagnostic[] } {
  const parsed = kind.schema.safeParse(document.value);
  const findings = kind.rules.flatMap((rule) => rule(document.value));
  const diagnostics = [
    ...schemaDiagnostics(parsed.error?.issues ?? [], document),
    ...findings.map(({ severity, path, message, at }) => document.diagnostic(severity, path, message, at)),
  ].sort(byPosition);
  const hasErrors = diagnostics.some(({ severity }) => severity === 'error');
  if (!parsed.success || hasErrors) return { diagnostics };
  return { policy: kind.toPolicy(parsed.data, document), diagnostics };
}
