import { fieldOf } from '../field-path.ts';
import { findNumber, findWorkloads, type QuotaFields } from '../quota-fields.ts';
import { error, type Finding, type Rule } from '../rule.ts';

/** Of a workload that does not say. */
const DEFAULT_TOKENS = 1;

/** A request that costs more than the bucket holds could never pass, however long it waits. */
export function quotaTokensWithinCapacity(fields: QuotaFields): Rule {
  return (value) => {
    const capacity = findNumber(value, fields.capacity);
    if (capacity === undefined || capacity.number <= 0) return [];
    const workloads = findWorkloads(value, fields);
    const written = workloads.flatMap(({ name, path, value: parameters }): Finding[] => {
      const tokens = fieldOf(parameters, 'tokens');
      if (typeof tokens !== 'number' || tokens <= capacity.number) return [];
      const message = `expected at most ${capacity.number}, the capacity of the bucket, got ${tokens}: no request of ${name} could ever pass`;
      return [error([...path, 'tokens'], message)];
    });
    const silent = workloads.filter(({ value: parameters }) => fieldOf(parameters, 'tokens') === undefined);
    if (capacity.number >= DEFAULT_TOKENS || silent.length === 0) return written;
    const names = silent.map(({ name }) => name).join(', ');
    const message = `expected at least ${DEFAULT_TOKENS}, the tokens of a request where nothing else is said (${names}), got ${capacity.number}: no such request could ever pass`;
    return [error(capacity.path, message), ...written];
  };
}
