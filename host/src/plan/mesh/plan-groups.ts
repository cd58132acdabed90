import { type Diagnostic, formatDiagnostic } from '../../policy/diagnostic.ts';
import { type Policy, rulesOf } from '../../policy/policy.ts';
import type { Plan } from '../plan.ts';
import { plan } from '../plan-policies.ts';
import { collectRouting } from '../routing/collect-routing.ts';
import { type DefaultGateway, groupIdentity, type ProxyGroup } from './proxy-group.ts';
import { ProxyGroups } from './proxy-groups.ts';
import { servedElsewhere } from './served-elsewhere.ts';

/** What the proxies of one group are to do. */
export interface GroupPlan {
  group: ProxyGroup;
  /** Those with rules, in their order. */
  policies: Policy[];
  plan: Plan;
}

export interface PlannedGroups {
  /** In the order in which the policies name them. Usable when no diagnostic is an error. */
  groups: GroupPlan[];
  diagnostics: Diagnostic[];
}

/** As `plan`, but for a mesh, whose proxies have different policies: one plan for each group of proxies. */
export function planGroups(policies: readonly Policy[], defaultGateway: DefaultGateway): PlannedGroups {
  const proxyGroups = new ProxyGroups(collectRouting(policies), defaultGateway);
  const routing = servedElsewhere(policies).filter((policy) => policy.routing !== undefined);
  const members = new Map<string, { group: ProxyGroup; policies: Policy[] }>();
  for (const policy of policies) {
    if (rulesOf(policy).length === 0) continue;
    for (const group of proxyGroups.of(policy)) {
      const identity = groupIdentity(group);
      const seen = proxyGroups.seenBy(group, policy);
      const found = members.get(identity);
      if (found === undefined) members.set(identity, { group, policies: [seen] });
      else found.policies.push(seen);
    }
  }
  const planned = [...members.values()].map((member) => ({
    ...member,
    ...plan([...member.policies, ...routing]),
  }));
  return {
    groups: planned.map(({ group, policies: own, plan: each }) => ({ group, policies: own, plan: each })),
    diagnostics: distinct([...proxyGroups.diagnostics, ...planned.flatMap(({ diagnostics }) => diagnostics)]),
  };
}

/** What stands against objects that route is found once for each group. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((each) => [formatDiagnostic(each), each])).values()];
}
