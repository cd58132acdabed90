import { findNumber, type QuotaFields } from '../quota-fields.ts';
import { type Rule, warning } from '../rule.ts';

/** Legal, and sometimes meant, but more often a limit somebody wanted to switch off. */
export function quotaWithoutFill(fields: QuotaFields): Rule {
  return (value) => {
    const fill = findNumber(value, fields.fillAmount);
    if (fill?.number !== 0) return [];
    const message =
      'expected an amount above 0, got 0: once the bucket is used up, only requests of 0 tokens pass';
    return [warning(fill.path, message)];
  };
}
