import { describeValue } from '../describe-value.ts';
import { type FieldPath, fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Finding, type Rule, warning } from '../rule.ts';

const QUOTA_SCHEDULER = fieldPattern('spec.quota_scheduler');
const RIGHT_PLACE = ['spec', 'quota_scheduler', 'selectors'];
const WRONG_PLACE = ['spec', 'quota_scheduler', 'scheduler', 'selectors'];

/**
 * There is a selector, in one place: a quota that nobody is selected for would hold back nobody or everybody. The
 * published example has them under `scheduler`.
 */
export const asmQuotaSelectors: Rule = (value) =>
  findFields(value, QUOTA_SCHEDULER).flatMap(({ path, value: quotaScheduler }) => {
    const right = fieldOf(quotaScheduler, 'selectors');
    const wrong = fieldOf(fieldOf(quotaScheduler, 'scheduler'), 'selectors');
    return [
      ...checkPlaces(path, right, wrong),
      ...checkSelectors(RIGHT_PLACE, right),
      ...checkSelectors(WRONG_PLACE, wrong),
    ];
  });

function checkPlaces(path: FieldPath, right: unknown, wrong: unknown): Finding[] {
  if (right === undefined && wrong === undefined) {
    const message =
      'expected at least one selector in selectors, got none; for every request write `- service: any`';
    return [error(path, message)];
  }
  if (wrong === undefined) return [];
  if (right !== undefined) {
    const message =
      'expected selectors in quota_scheduler alone, got them in quota_scheduler and in scheduler';
    return [{ ...error(WRONG_PLACE, message), at: 'key' }];
  }
  const message =
    'expected selectors in quota_scheduler, got them in scheduler; read as quota_scheduler.selectors';
  return [{ ...warning(WRONG_PLACE, message), at: 'key' }];
}

/** Sluice stands where requests come in, and belongs to no group of agents. */
function checkSelectors(path: FieldPath, selectors: unknown): Finding[] {
  if (!Array.isArray(selectors)) return [];
  return selectors.flatMap((selector, index) => {
    const findings: Finding[] = [];
    const point = fieldOf(selector, 'control_point');
    if (typeof point === 'string' && point !== 'ingress') {
      const message = `expected ingress, got ${describeValue(point)}: Sluice schedules requests as they come in, at no other point`;
      findings.push(error([...path, index, 'control_point'], message));
    }
    const group = fieldOf(selector, 'agent_group');
    if (typeof group === 'string' && group !== 'default') {
      const message = `expected default, got ${describeValue(group)}: Sluice has no agents, so the group has no meaning; the selector holds in every proxy that reads it`;
      findings.push(warning([...path, index, 'agent_group'], message));
    }
    return findings;
  });
}
