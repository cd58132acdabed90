import type { HostTarget, PolicyMatcher } from '../policy/policy.ts';
import type { AsmSelector } from './asm-quota-scheduling-policy-schema.ts';
import { hostTarget } from './host-target.ts';
import { allOf, anyOf, labelMatchers } from './label-matcher.ts';

/** Whom all selectors together select. */
export interface Selected {
  /** Empty: every host. */
  targets: HostTarget[];
  match: PolicyMatcher[];
}

/**
 * The union of what the selectors select, as one quota. Where their label matchers differ, each holds for the hosts
 * of its own selector only.
 */
export function selected(selectors: readonly AsmSelector[]): Selected {
  const each = selectors.map(({ service, label_matcher }) => ({
    targets: service === undefined || service.toLowerCase() === 'any' ? [] : hostTarget(service),
    match: labelMatchers(label_matcher),
  }));
  const isForAll = each.some(({ targets }) => targets.length === 0);
  const targets = isForAll ? [] : distinct(each.flatMap((selector) => selector.targets));
  if (distinct(each.map(({ match }) => match)).length === 1) return { targets, match: each[0]!.match };
  const haveSameHosts = distinct(each.map((selector) => selector.targets)).length === 1;
  const any = each.map((selector) =>
    allOf([
      ...(haveSameHosts || selector.targets.length === 0 ? [] : [{ targets: selector.targets }]),
      ...selector.match,
    ]),
  );
  return { targets, match: [anyOf(any)] };
}

function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
