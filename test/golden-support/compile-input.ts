import type { Plan } from '../../host/src/plan/plan.ts';
import { plan } from '../../host/src/plan/plan-policies.ts';
import { type Diagnostic, formatDiagnostic } from '../../host/src/policy/diagnostic.ts';
import { parse } from '../../host/src/policy/parse.ts';
import type { Policy } from '../../host/src/policy/policy.ts';
import { validate } from '../../host/src/policy/validate.ts';

/** The policies of a case, and what stands against them so far. */
export function readInput(
  input: string,
  { strict = false } = {},
): { policies: Policy[]; diagnostics: Diagnostic[] } {
  const parsed = parse([{ name: 'input.yaml', text: input }]);
  const validated = validate(parsed.documents, { strict });
  return { policies: validated.policies, diagnostics: [...parsed.diagnostics, ...validated.diagnostics] };
}

export function planInput(input: string, options = {}): { plan: Plan; diagnostics: Diagnostic[] } {
  const { policies, diagnostics } = readInput(input, options);
  const planned = plan(policies);
  return { plan: planned.plan, diagnostics: [...diagnostics, ...planned.diagnostics] };
}

export function messagesText(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`).join('');
}
