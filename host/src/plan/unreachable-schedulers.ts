import type { Diagnostic } from '../policy/diagnostic.ts';
import type { PolicyRule } from '../policy/policy.ts';

/**
 * A request belongs to one scheduler only, the first that matches it: one whose hosts all belong to earlier
 * schedulers without conditions is never used, which nobody means.
 */
export function unreachableSchedulers(
  schedulers: readonly PolicyRule[],
  hostsOf: ReadonlyMap<PolicyRule, readonly string[]>,
): Diagnostic[] {
  const taken = new Map<string, PolicyRule>();
  return schedulers.flatMap((scheduler) => {
    const hosts = hostsOf.get(scheduler)!;
    const patterns = hosts.length === 0 ? ['*'] : hosts;
    const takers = patterns.map((host) => taken.get(host));
    const isConditional = [scheduler.match, scheduler.ports, scheduler.routes].some(
      (list) => list.length > 0,
    );
    if (!isConditional) for (const host of patterns) if (!taken.has(host)) taken.set(host, scheduler);
    const [taker] = takers;
    if (taker === undefined || takers.includes(undefined)) return [];
    const { document, path } = scheduler.origin;
    const message = `expected a quota for requests that no other quota takes, got one for the same hosts as ${taker.name}, which comes first: it is never used`;
    return [document.diagnostic('warning', path, message)];
  });
}
