import { fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Rule } from '../rule.ts';

const SPLITS = fieldPattern('spec.rules[].http.paths[].splits');

/**
 * The percentages of a path's splits are 100 together; a single split may leave its own out.
 * https://github.com/knative/networking/blob/main/pkg/apis/networking/v1alpha1/ingress_types.go
 */
export const knativeSplits: Rule = (value) =>
  findFields(value, SPLITS).flatMap(({ path, value: splits }) => {
    if (!Array.isArray(splits) || splits.length === 0) return [];
    const written = splits.map((split) => fieldOf(split, 'percent'));
    if (splits.length === 1 && written[0] === undefined) return [];
    if (!written.every((percent) => percent === undefined || Number.isInteger(percent))) return [];
    const sum = written.reduce<number>((total, percent) => total + Number(percent ?? 0), 0);
    return sum === 100 ? [] : [error(path, `expected percentages that are 100 together, got ${sum}`)];
  });
