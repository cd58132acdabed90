import { type FieldPath, type FieldPattern, type Found, fieldOf, findFields } from './field-path.ts';

/** Where a kind writes what the rules about quotas look at: two kinds say the same things at different places. */
export interface QuotaFields {
  capacity: FieldPattern;
  fillAmount: FieldPattern;
  /** Every workload. */
  workloads: FieldPattern;
  /** The field of a workload that holds its parameters; absent: they stand in the workload itself. */
  parameters?: string;
  /** The parameters of requests that no workload takes. */
  defaultWorkload: FieldPattern;
}

/** The parameters of one workload as they were written; `value` is undefined where there are none. */
export interface FoundWorkload extends Found {
  name: string;
}

/** Every workload with its parameters, the default one last: it is there whether or not it is written. */
export function findWorkloads(root: unknown, fields: QuotaFields): FoundWorkload[] {
  const named = findFields(root, fields.workloads).map(({ path, value }, index) => ({
    name: String(fieldOf(value, 'name') ?? index),
    path: fields.parameters === undefined ? path : [...path, fields.parameters],
    value: fields.parameters === undefined ? value : fieldOf(value, fields.parameters),
  }));
  const [standard] = findFields(root, fields.defaultWorkload);
  return [...named, { name: 'default', path: fields.defaultWorkload, value: standard?.value }];
}

/** The number under `pattern` with its path, or undefined when there is none: the schema then says what is wrong. */
export function findNumber(
  root: unknown,
  pattern: FieldPattern,
): { path: FieldPath; number: number } | undefined {
  const [found] = findFields(root, pattern);
  return typeof found?.value === 'number' ? { path: found.path, number: found.value } : undefined;
}
