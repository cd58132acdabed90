import { fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { parseDuration } from '../fields/duration.ts';
import { findWorkloads, type QuotaFields } from '../quota-fields.ts';
import { roundedSum as round } from '../rounded-sum.ts';
import { error, type Finding, type Rule } from '../rule.ts';

const QUOTA = fieldPattern('spec.quota');

/** What is promised to workloads is there to give, and no workload is promised more than it may have. */
export function quotaFloorsAndCaps(fields: QuotaFields): Rule {
  return (value) => {
    const workloads = findWorkloads(value, fields);
    const findings = workloads.flatMap(({ path, value: parameters }): Finding[] => {
      const floor = fieldOf(parameters, 'floor');
      const cap = fieldOf(parameters, 'cap');
      if (typeof floor !== 'number' || typeof cap !== 'number' || cap >= floor || cap <= 0) return [];
      return [error([...path, 'cap'], `expected at least the floor (${floor}), got ${cap}`)];
    });
    const floors = workloads.flatMap(({ path, value: parameters }) => {
      const floor = fieldOf(parameters, 'floor');
      return typeof floor === 'number' ? [{ path: [...path, 'floor'], floor }] : [];
    });
    const promised = floors.reduce((sum, { floor }) => sum + floor, 0);
    const given = fillPerSecond(value);
    if (given === undefined || promised <= given * ROUNDING || floors.length === 0) return findings;
    const message = `expected floors of at most ${round(given)} tokens a second in all, what the quota gives, got ${round(promised)}`;
    return [...findings, error(floors.at(-1)!.path, message)];
  };
}

/** 1/3 a second over 3 s is 1. */
const ROUNDING = 1 + 1e-9;

function fillPerSecond(value: unknown): number | undefined {
  const [quota] = findFields(value, QUOTA);
  const amount = fieldOf(quota?.value, 'fillAmount') ?? fieldOf(quota?.value, 'capacity');
  const interval = fieldOf(quota?.value, 'fillInterval');
  const nanos = typeof interval === 'string' ? parseDuration(interval) : undefined;
  return typeof amount === 'number' && nanos !== undefined && nanos > 0 ? (amount / nanos) * 1e9 : undefined;
}
