import type { Plan } from '../plan/plan.ts';
import { type Planned, plan } from '../plan/plan-policies.ts';
import { byPosition } from '../policy/by-position.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { parse } from '../policy/parse.ts';
import { validate } from '../policy/validate.ts';
import { readSources } from './read-sources.ts';

export interface LoadedPlan {
  /** Absent when a diagnostic is an error. */
  plan?: Plan;
  /** All problems, in the order of the files and of the lines in them. */
  diagnostics: Diagnostic[];
  /** How many policies are valid. */
  policyCount: number;
}

/** From the files that `-f` names to a plan. Throws an EnvironmentError when a file cannot be read. */
export async function loadPlan(files: readonly string[], options: { strict: boolean }): Promise<LoadedPlan> {
  const { sources, diagnostics: unreadable } = await readSources(files);
  const parsed = parse(sources);
  const validated = validate(parsed.documents, options);
  const found = [...unreadable, ...parsed.diagnostics, ...validated.diagnostics];
  const planned: Planned | undefined = hasErrors(found) ? undefined : plan(validated.policies);
  const diagnostics = [...found, ...(planned?.diagnostics ?? [])].sort(
    byFileAndPosition(sources.map(({ name }) => name)),
  );
  return {
    ...(planned !== undefined && !hasErrors(diagnostics) && { plan: planned.plan }),
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
