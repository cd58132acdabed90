import { fieldOf } from '../field-path.ts';
import { findWorkloads, type QuotaFields } from '../quota-fields.ts';
import { roundedSum } from '../rounded-sum.ts';
import { type Finding, type Rule, warning } from '../rule.ts';

const DEFAULT_PRIORITY = 1;
const LEAST_SHARE = 0.01;

/**
 * A workload with less than a hundredth of all weight hardly gets a request through while the others wait: often the
 * default one, whose priority of 1 nobody has written. Strict workloads and those of 0 tokens do not share.
 */
export function quotaWorkloadShares(fields: QuotaFields): Rule {
  return (value) => {
    const sharing = findWorkloads(value, fields)
      .filter(({ value }) => fieldOf(value, 'strict') !== true && fieldOf(value, 'tokens') !== 0)
      .map(({ name, path, value: parameters }) => {
        const written = fieldOf(parameters, 'priority');
        return {
          name,
          path: written === undefined ? path : [...path, 'priority'],
          priority: written ?? DEFAULT_PRIORITY,
        };
      });
    const total = sharing.reduce((sum, { priority }) => sum + Number(priority), 0);
    if (!(total > 0)) return [];
    return sharing.flatMap(({ name, path, priority }): Finding[] => {
      const share = Number(priority) / total;
      if (share >= LEAST_SHARE || share <= 0) return [];
      const message = `expected a share of at least 1 % while all workloads wait, got ${percent(share)} for ${name}: priority ${priority} of ${roundedSum(total)} in all`;
      return [warning(path, message)];
    });
  };
}

/** With two figures, so that what is less than a hundredth is shown as less. */
function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}
