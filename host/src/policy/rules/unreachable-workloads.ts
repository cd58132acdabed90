import type { Diagnostic } from '../diagnostic.ts';
import type { PolicyMatcher, PolicyQuotaScheduler } from '../policy.ts';

/**
 * The first workload that matches wins: one whose requests all match an earlier one never gets any. Known for an
 * earlier one without conditions, and for one whose every condition follows from a condition of the later one; where
 * only some values overlap, nothing is said.
 */
export function unreachableWorkloads({ workloads, origin }: PolicyQuotaScheduler): Diagnostic[] {
  const conditions = workloads.map(({ match }) => match.flatMap(conjuncts));
  return workloads.flatMap(({ name, path }, at) => {
    const earlier = conditions.slice(0, at).findIndex((wider) => follows(wider, conditions[at]!));
    if (earlier === -1) return [];
    const message = `expected a workload that some request reaches, got ${name}: all its requests match ${workloads[earlier]!.name} before it`;
    return [origin.document.diagnostic('warning', path, message)];
  });
}

/** The ways to fulfil one condition: several for an `any`. */
type Alternatives = ReadonlySet<string>;

/** What must hold, taken apart as far as `all` and `any` go. */
function conjuncts(matcher: PolicyMatcher): Alternatives[] {
  if ('all' in matcher) return matcher.all.flatMap(conjuncts);
  return [new Set(('any' in matcher ? matcher.any : [matcher]).map((each) => JSON.stringify(each)))];
}

/** True when a request that fulfils all of `narrower` fulfils all of `wider`. */
function follows(wider: readonly Alternatives[], narrower: readonly Alternatives[]): boolean {
  return wider.every((some) => narrower.some((fewer) => [...fewer].every((way) => some.has(way))));
}
