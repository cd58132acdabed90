import type { Diagnostic } from '../policy/diagnostic.ts';
import type { RateLimitPolicy } from '../policy/rate-limit-policy.ts';
import { PatternTable } from './pattern-table.ts';
import type { Plan } from './plan.ts';
import { planRule } from './plan-rule.ts';
import type { PluginConfiguration } from './plugin-configuration.ts';
import { ruleHosts } from './rule-hosts.ts';
import { type AmbiguousName, nameServices } from './short-forms.ts';
import { planVirtualHosts } from './virtual-hosts.ts';

export interface Planned {
  /** Usable when no diagnostic is an error. */
  plan: Plan;
  diagnostics: Diagnostic[];
}

/** Joins valid policies into one plan: what needs a view of all of them is decided here. */
export function plan(policies: readonly RateLimitPolicy[]): Planned {
  const rules = policies.flatMap((policy) => policy.rules);
  const { formsOf, ambiguous } = nameServices(rules);
  const hosted = rules.map((rule) => ({ rule, hosts: ruleHosts(rule, formsOf) }));
  const patterns = new PatternTable();
  const planned = hosted.map(({ rule, hosts }) => planRule(rule, hosts, patterns));
  const { virtualHosts, diagnostics: routeDiagnostics } = planVirtualHosts(hosted, formsOf);
  const plugin: PluginConfiguration = {
    version: 1,
    ...(patterns.patterns.length > 0 && { patterns: patterns.patterns }),
    ...(planned.length > 0 && { rateLimits: planned.map(({ rule }) => rule) }),
  };
  return {
    plan: { plugin, virtualHosts },
    diagnostics: [
      ...ambiguous.map(ambiguityWarning),
      ...planned.flatMap(({ diagnostics }) => diagnostics),
      ...routeDiagnostics,
    ],
  };
}

function ambiguityWarning({ name, services, rule }: AmbiguousName): Diagnostic {
  const { document, path } = rule.origin;
  const message = `expected the short name \`${name}\` to mean one service, got ${services.join(' and ')}; it stands for neither`;
  return document.diagnostic('warning', path, message);
}
