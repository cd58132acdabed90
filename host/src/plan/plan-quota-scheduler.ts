import type { PolicyQuotaScheduler } from '../policy/policy.ts';
import { MatcherPlan, type PlanContext } from './matcher-plan.ts';
import type { PlannedRule } from './plan-policies.ts';
import type { QuotaScheduler } from './plugin-configuration.ts';

/** One scheduler in the words of the plugin configuration. `hosts` is empty for one that applies to every host. */
export function planQuotaScheduler(
  scheduler: PolicyQuotaScheduler,
  hosts: string[],
  context: PlanContext,
): PlannedRule<QuotaScheduler> {
  const {
    name,
    origin: _,
    targets: __,
    onlyHosts: ___,
    ports,
    routes,
    match,
    bucket,
    workloads,
    ...rest
  } = scheduler;
  const matchers = new MatcherPlan(scheduler, context);
  const planned: QuotaScheduler = {
    name,
    ...(hosts.length > 0 && { hosts }),
    ...(ports.length > 0 && { ports }),
    ...(routes.length > 0 && { routes }),
    ...(match.length > 0 && { match: matchers.matchers(match) }),
    bucket,
    ...(workloads.length > 0 && {
      workloads: workloads.map(({ name, path: _, match, ...parameters }) => ({
        name,
        match: matchers.matchers(match),
        ...parameters,
      })),
    }),
    ...rest,
  };
  return { rule: planned, diagnostics: matchers.diagnostics };
}
