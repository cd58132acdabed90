import { quote } from '../describe-value.ts';
import { type FieldPattern, fieldOf, findFields } from '../field-path.ts';
import { error, type Finding, type Rule } from '../rule.ts';

/** Names of workloads name their metrics; `default` is the one of all other requests. A workload without one has its index. */
export function quotaWorkloadNames(workloads: FieldPattern): Rule {
  return (value) => {
    const first = new Set<string>();
    return findFields(value, workloads).flatMap(({ path, value: workload }, index): Finding[] => {
      const written = fieldOf(workload, 'name');
      if (written !== undefined && typeof written !== 'string') return [];
      const name = written ?? String(index);
      if (name === 'default') {
        const message =
          'expected another name, got "default": that is the workload of all requests that no workload takes';
        return [error([...path, 'name'], message)];
      }
      if (!first.has(name)) {
        first.add(name);
        return [];
      }
      return [error([...path, 'name'], `expected a name no other workload has, got ${quote(name)} again`)];
    });
  };
}
