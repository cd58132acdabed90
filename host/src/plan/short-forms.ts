import type { HostTarget, PolicyMatcher, PolicyRule } from '../policy/policy.ts';
import { serviceForms } from '../policy/service-host.ts';

/** The names each service of the policies is known by, and the bare names that could not be given to one service. */
export interface ServiceNames {
  /** By full host name; the full name comes first. */
  formsOf: ReadonlyMap<string, readonly string[]>;
  ambiguous: AmbiguousName[];
}

export interface AmbiguousName {
  name: string;
  services: string[];
  /** A rule for one of them, for the message. */
  rule: PolicyRule;
}

/**
 * Gives every service its forms, those that only routes name included. Only the bare name leaves out the namespace, so only it can be claimed by two
 * services: then it stands for neither, because a request for it cannot be told apart.
 */
export function nameServices(
  rules: readonly PolicyRule[],
  routedServices: readonly string[] = [],
): ServiceNames {
  const services = new Map<string, PolicyRule | undefined>();
  for (const rule of rules) {
    for (const target of [...rule.targets, ...rule.match.flatMap(targetsIn)]) {
      if ('service' in target && !services.has(target.service)) services.set(target.service, rule);
    }
  }
  for (const service of routedServices) if (!services.has(service)) services.set(service, undefined);
  const claims = Map.groupBy(services.keys(), (service) => bareName(service));
  const formsOf = new Map<string, string[]>();
  for (const service of services.keys()) {
    const forms = serviceForms(service);
    formsOf.set(service, claims.get(bareName(service))!.length > 1 ? forms.slice(0, -1) : forms);
  }
  const ambiguous = [...claims]
    .filter(([, claimants]) => claimants.length > 1)
    .flatMap(([name, claimants]) => {
      const ruled = claimants.filter((service) => services.get(service) !== undefined);
      const rule = services.get(ruled[1] ?? ruled[0] ?? '');
      return rule === undefined ? [] : [{ name, services: claimants, rule }];
    });
  return { formsOf, ambiguous };
}

/** A quota for every host may have a condition that holds for one service only. */
function targetsIn(matcher: PolicyMatcher): HostTarget[] {
  if ('all' in matcher) return matcher.all.flatMap(targetsIn);
  if ('any' in matcher) return matcher.any.flatMap(targetsIn);
  if ('not' in matcher) return targetsIn(matcher.not);
  return 'targets' in matcher ? matcher.targets : [];
}

function bareName(service: string): string {
  return serviceForms(service).at(-1)!;
}
