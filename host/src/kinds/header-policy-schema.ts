import type { z } from 'zod';
import { editedHeaderName, headerNamePrefix, headerValue } from '../policy/fields/http.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { wholeNumber } from '../policy/fields/number.ts';
import { anyText, byShape, flag, list, mapOf, object, oneOf } from '../policy/fields/object.ts';
import { ruleName, textThat } from '../policy/fields/text.ts';
import { placementFields } from './placement.ts';
import { headerComparisons, requestConditions, scopedMatch, targetRefList } from './policy-parts-schema.ts';

export const HEADER_POLICY = {
  group: 'sluice.dev',
  versions: ['v1alpha1'],
  kind: 'HeaderPolicy',
} as const;

const MAX_RULES = 1_000;
/** In one rule: assembly/filters/header-mutation/config.ts. */
export const MAX_EDITS = 64;
const MAX_VALUES = 1_024;
const MAX_VALUE_BYTES = 16_384;

/** A template, whose facts rules/header-templates.ts looks at. */
const value = headerValue().refine((text) => Buffer.byteLength(text) <= MAX_VALUE_BYTES, {
  error: `a header value of at most ${MAX_VALUE_BYTES} bytes`,
});
const fixedValue = value.refine((text) => text !== '', { error: 'a header value that is not empty' });

const statusRange = byShape((written) =>
  typeof written === 'number'
    ? wholeNumber(100, 599).transform((status): [number, number] => [status, status])
    : textThat('a status from 100 to 599, a class such as 5xx, or a range such as 500-504', (text) => {
        const [least, most] = statusBounds(text);
        return least !== undefined && most !== undefined && least <= most;
      }).transform((text) => statusBounds(text) as [number, number]),
);

/** Of `5xx`, `500` and `500-504`. */
function statusBounds(text: string): number[] {
  const [, digit] = /^([1-5])xx$/i.exec(text) ?? [];
  if (digit !== undefined) return [Number(`${digit}00`), Number(`${digit}99`)];
  const [, least, most = least] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
  return least === undefined ? [] : [Number(least), Number(most)];
}

const written = { name: editedHeaderName(), value, keepEmptyValue: flag().optional() };

const edit = object({
  set: object(written).optional(),
  add: object(written).optional(),
  append: object({
    ...written,
    action: oneOf([
      'APPEND_IF_EXISTS_OR_ADD',
      'ADD_IF_ABSENT',
      'OVERWRITE_IF_EXISTS_OR_ADD',
      'OVERWRITE_IF_EXISTS',
    ]).optional(),
  }).optional(),
  remove: object({ name: editedHeaderName() }).optional(),
  removePrefix: object({ prefix: headerNamePrefix() }).optional(),
  rename: object({ from: editedHeaderName(), to: editedHeaderName() }).optional(),
  copy: object({ from: editedHeaderName(), to: editedHeaderName() }).optional(),
  map: object({
    from: editedHeaderName(),
    to: editedHeaderName(),
    values: mapOf(anyText(), fixedValue).refine(
      (values) => Object.keys(values).length > 0 && Object.keys(values).length <= MAX_VALUES,
      { error: `a map with 1 to ${MAX_VALUES} values` },
    ),
    default: fixedValue.optional(),
  }).optional(),
  when: object({
    ...requestConditions,
    statuses: list(statusRange, { nonEmpty: true }).optional(),
    responseHeaders: headerComparisons.optional(),
  }).optional(),
});
export type PolicyEdit = z.output<typeof edit>;
export const EDITS = Object.keys(edit.shape).filter((name) => name !== 'when');

const edits = list(edit, { most: MAX_EDITS });

const rule = object({
  name: ruleName(),
  match: scopedMatch.optional(),
  phase: oneOf(['AfterAdmission', 'BeforeMatching']).optional(),
  request: edits.optional(),
  response: edits.optional(),
  requestTrailers: edits.optional(),
  responseTrailers: edits.optional(),
});
export type HeaderPolicyRule = z.output<typeof rule>;

export const headerPolicySchema = kubernetesObject(
  HEADER_POLICY,
  object({
    targetRefs: targetRefList.optional(),
    ...placementFields,
    rules: list(rule, { nonEmpty: true, most: MAX_RULES }),
  }),
);
export type HeaderPolicyObject = z.output<typeof headerPolicySchema>;
