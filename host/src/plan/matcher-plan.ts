import type { Diagnostic } from '../policy/diagnostic.ts';
import type { HostTarget, PolicyCondition, PolicyMatcher, PolicyRule } from '../policy/policy.ts';
import type { PatternTable } from './pattern-table.ts';
import type { Condition, Matcher } from './plugin-configuration.ts';
import { targetHosts } from './rule-hosts.ts';

/** What the rules of a plan share. */
export interface PlanContext {
  patterns: PatternTable;
  /** The names of each service, by its full one. */
  formsOf: ReadonlyMap<string, readonly string[]>;
}

/** The matchers of one rule in the words of the plugin configuration; what cannot be said there is a diagnostic. */
export class MatcherPlan {
  readonly diagnostics: Diagnostic[] = [];
  readonly #rule: PolicyRule;
  readonly #context: PlanContext;

  constructor(rule: PolicyRule, context: PlanContext) {
    this.#rule = rule;
    this.#context = context;
  }

  conditions(conditions: readonly PolicyCondition[]): Condition[] {
    return conditions.flatMap((condition) => this.#condition(condition));
  }

  matchers(matchers: readonly PolicyMatcher[]): Matcher[] {
    return matchers.flatMap((matcher) => this.#matcher(matcher));
  }

  #matcher(matcher: PolicyMatcher): Matcher[] {
    if ('all' in matcher) return [{ all: this.matchers(matcher.all) }];
    if ('any' in matcher) return [{ any: this.matchers(matcher.any) }];
    if ('not' in matcher) return this.#matcher(matcher.not).map((inner) => ({ not: inner }));
    return 'targets' in matcher ? [this.#hostMatcher(matcher.targets)] : this.#condition(matcher);
  }

  #hostMatcher(targets: readonly HostTarget[]): Matcher {
    const conditions = targetHosts(targets, this.#context.formsOf).map(hostCondition);
    return conditions.length === 1 ? conditions[0]! : { any: conditions };
  }

  /** Nothing for an expression that cannot be compiled: then the plan is not usable, and a diagnostic says so. */
  #condition(condition: PolicyCondition): Condition[] {
    if (condition.on === 'clientAddress' || condition.is !== 'regex') return [condition];
    const { expression, anywhere, ...rest } = condition;
    const pattern = this.#context.patterns.indexOf(expression, anywhere === true ? 'anywhere' : 'whole');
    if (pattern.ok) return [{ ...rest, pattern: pattern.index }];
    const { document, path } = this.#rule.origin;
    this.diagnostics.push(document.diagnostic('error', path, pattern.message));
    return [];
  }
}

function hostCondition(host: string): Condition {
  return host.startsWith('*')
    ? { on: 'host', is: 'suffix', value: host.slice(1), ignoreCase: true }
    : { on: 'host', is: 'exact', value: host, ignoreCase: true };
}
