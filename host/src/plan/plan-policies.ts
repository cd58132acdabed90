import type { Diagnostic } from '../policy/diagnostic.ts';
import { type Policy, type PolicyRule, rulesOf } from '../policy/policy.ts';
import type { PlanContext } from './matcher-plan.ts';
import { mostExactFirst } from './most-exact-first.ts';
import { PatternTable } from './pattern-table.ts';
import type { Plan } from './plan.ts';
import { planCircuitBreaker } from './plan-circuit-breaker.ts';
import { planHeaderRule } from './plan-header-rule.ts';
import { planQuotaScheduler } from './plan-quota-scheduler.ts';
import { planRateLimit } from './plan-rate-limit.ts';
import type { PluginConfiguration } from './plugin-configuration.ts';
import { PolicyAttachment } from './routing/attach-policies.ts';
import { attachTables } from './routing/attach-tables.ts';
import { collectRouting } from './routing/collect-routing.ts';
import { routeHosts, servicesOf } from './routing/route-hosts.ts';
import { ruleHosts } from './rule-hosts.ts';
import { type AmbiguousName, nameServices } from './short-forms.ts';
import { unreachableRules } from './unreachable-rules.ts';
import { planVirtualHosts } from './virtual-hosts.ts';

export interface Planned {
  /** Usable when no diagnostic is an error. */
  plan: Plan;
  diagnostics: Diagnostic[];
}

/** A rule in the words of the plugin configuration, and what stood against that. */
export interface PlannedRule<Rule> {
  rule: Rule;
  diagnostics: Diagnostic[];
}

/** Joins valid policies into one plan: what needs a view of all of them is decided here. */
export function plan(given: readonly Policy[]): Planned {
  const routing = collectRouting(given);
  const { attached, diagnostics: gatewayDiagnostics } = attachTables(routing.tables, routing.gateways);
  const attachment = new PolicyAttachment(attached, routing.gateways, routing.serviceEntries);
  const policies = given.map((policy) => attachment.attach(policy));
  const rules = policies.flatMap(rulesOf);
  const { formsOf, ambiguous } = nameServices(rules, servicesOf(routing, attached));
  const routed = routeHosts(routing, attached, formsOf);
  const hostsOf = new Map(rules.map((rule) => [rule, ruleHosts(rule, formsOf)]));
  const context: PlanContext = { patterns: new PatternTable(), formsOf };
  const ruleDiagnostics: Diagnostic[] = [];
  const planEach = <Rule extends PolicyRule, Planned>(
    list: readonly Rule[],
    planOne: (rule: Rule, hosts: string[], context: PlanContext) => PlannedRule<Planned>,
  ): Planned[] =>
    list.map((each) => {
      const { rule, diagnostics } = planOne(each, hostsOf.get(each)!, context);
      for (const diagnostic of diagnostics) ruleDiagnostics.push(diagnostic);
      return rule;
    });

  const rateLimits = planEach(
    policies.flatMap((policy) => policy.rateLimits ?? []),
    planRateLimit,
  );
  const schedulers = mostExactFirst(
    policies.flatMap((policy) => policy.quotaSchedulers ?? []),
    hostsOf,
  );
  const quotaSchedulers = planEach(schedulers, planQuotaScheduler);
  const breakers = mostExactFirst(
    policies.flatMap((policy) => policy.circuitBreakers ?? []),
    hostsOf,
  );
  const circuitBreakers = planEach(breakers, planCircuitBreaker);
  const headerRules = planEach(
    policies.flatMap((policy) => policy.headerRules ?? []),
    planHeaderRule,
  );
  const hosted = rules.map((rule) => ({ rule, hosts: hostsOf.get(rule)! }));
  const { virtualHosts, diagnostics: routeDiagnostics } = planVirtualHosts(hosted, formsOf, routed);
  const { patterns } = context.patterns;
  const plugin: PluginConfiguration = {
    version: 1,
    ...(patterns.length > 0 && { patterns }),
    ...(rateLimits.length > 0 && { rateLimits }),
    ...(quotaSchedulers.length > 0 && { quotaSchedulers }),
    ...(circuitBreakers.length > 0 && { circuitBreakers }),
    ...(headerRules.length > 0 && { headerRules }),
  };
  return {
    plan: {
      plugin,
      virtualHosts,
      ...(routed.destinations.length > 0 && { destinations: routed.destinations }),
    },
    diagnostics: [
      ...gatewayDiagnostics,
      ...attachment.diagnostics,
      ...routed.diagnostics,
      ...ambiguous.map(ambiguityWarning),
      ...ruleDiagnostics,
      ...unreachableRules(schedulers, hostsOf, 'quota'),
      ...unreachableRules(breakers, hostsOf, 'circuit breaker'),
      ...routeDiagnostics,
    ],
  };
}

function ambiguityWarning({ name, services, rule }: AmbiguousName): Diagnostic {
  const { document, path } = rule.origin;
  const message = `expected the short name \`${name}\` to mean one service, got ${services.join(' and ')}; it stands for neither`;
  return document.diagnostic('warning', path, message);
}
