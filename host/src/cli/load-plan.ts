import type { Plan } from '../plan/plan.ts';
import { plan } from '../plan/plan-policies.ts';
import { byPosition } from '../policy/by-position.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { parse } from '../policy/parse.ts';
import type { Policy } from '../policy/policy.ts';
import { validate } from '../policy/validate.ts';
import { readSources } from './read-sources.ts';

interface Loaded {
  /** All problems, in the order of the files and of the lines in them. */
  diagnostics: Diagnostic[];
  /** How many policies are valid. */
  policyCount: number;
}

export interface LoadedPlan extends Loaded {
  /** Absent when a diagnostic is an error. */
  plan?: Plan;
}

/** From the files that `-f` names to a plan. Throws an EnvironmentError when a file cannot be read. */
export async function loadPlan(files: readonly string[], options: { strict: boolean }): Promise<LoadedPlan> {
  const { result, ...loaded } = await loadPolicies(files, options, plan);
  return { ...(result !== undefined && { plan: result.plan }), ...loaded };
}

/** From the files that `-f` names to what `planWith` makes of the policies in them; no result when a diagnostic is an error. */
export async function loadPolicies<Result extends { diagnostics: readonly Diagnostic[] }>(
  files: readonly string[],
  options: { strict: boolean },
  planWith: (policies: readonly Policy[]) => Result,
): Promise<Loaded & { result?: Result }> {
  const { sources, diagnostics: unreadable } = await readSources(files);
  const parsed = parse(sources);
  const validated = validate(parsed.documents, options);
  const found = [...unreadable, ...parsed.diagnostics, ...validated.diagnostics];
  const result = hasErrors(found) ? undefined : planWith(validated.policies);
  const diagnostics = [...found, ...(result?.diagnostics ?? [])].sort(
    byFileAndPosition(sources.map(({ name }) => name)),
  );
  return {
    ...(result !== undefined && !hasErrors(diagnostics) && { result }),
    diagnostics,
    policyCount: validated.policies.length,
  };
}

function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}

function byFileAndPosition(files: readonly string[]) {
  const rank = new Map(files.map((file, index) => [file, index]));
  const rankOf = ({ position }: Diagnostic) => rank.get(position.file) ?? -1;
  return (left: Diagnostic, right: Diagnostic): number =>
    rankOf(left) - rankOf(right) || byPosition(left, right);
}
