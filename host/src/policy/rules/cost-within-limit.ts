import { type FieldPath, type FieldPattern, fieldOf, findFields } from '../field-path.ts';
import { error, type Finding, type Rule } from '../rule.ts';

/**
 * The largest cost of a request fits into every limit of its rule: a request that costs more than the bucket holds
 * could never pass, however long its client waits.
 */
export function costWithinLimit(rules: FieldPattern): Rule {
  return (value) => findFields(value, rules).flatMap(({ path, value: rule }) => checkRule(path, rule));
}

function checkRule(path: FieldPath, rule: unknown): Finding[] {
  const cost = fieldOf(rule, 'cost');
  const field = fieldOf(cost, 'fixed') === undefined ? 'max' : 'fixed';
  const most = fieldOf(cost, field);
  const findings: Finding[] = [];
  const standard = fieldOf(cost, 'default');
  if (field === 'max' && typeof standard === 'number' && typeof most === 'number' && standard > most) {
    findings.push(
      error([...path, 'cost', 'default'], `expected at most cost.max (${most}), got ${standard}`),
    );
  }
  if (typeof most !== 'number') return findings;
  const limits = [fieldOf(rule, 'limit'), ...overrideLimits(rule)].flatMap(capacityOf);
  const smallest = limits.reduce((least, limit) => Math.min(least, limit), Infinity);
  if (most > smallest) {
    const message = `expected at most ${smallest}, the smallest limit of this rule, got ${most}: such a request could never pass`;
    findings.push(error([...path, 'cost', field], message));
  }
  return findings;
}

function overrideLimits(rule: unknown): unknown[] {
  const overrides = fieldOf(rule, 'overrides');
  return Array.isArray(overrides) ? overrides.map((override) => fieldOf(override, 'limit')) : [];
}

function capacityOf(limit: unknown): number[] {
  const capacity =
    fieldOf(fieldOf(limit, 'tokenBucket'), 'maxTokens') ??
    fieldOf(fieldOf(limit, 'slidingWindow'), 'maxRequests');
  return typeof capacity === 'number' && capacity >= 1 ? [capacity] : [];
}
