import type { z } from 'zod';
import { addressRange } from '../policy/fields/address.ts';
import {
  headerValue,
  hostPattern,
  method,
  refusalBody,
  refusalStatus,
  requestHeaderName,
  responseHeaderName,
} from '../policy/fields/http.ts';
import { wholeNumber } from '../policy/fields/number.ts';
import { anyText, flag, list, object, oneOf } from '../policy/fields/object.ts';
import { regularExpression } from '../policy/fields/regular-expression.ts';
import { label, namespaceName } from '../policy/fields/text.ts';

/** What Sluice's own kinds have in common: targets, conditions on a request, keys and refusals. */

/** Bounds on the time it takes to narrow the targets of every rule to its hosts. */
const MAX_TARGETS = 256;
const MAX_HOSTS = 256;

/** Gateway API's LocalPolicyTargetReferenceWithSectionName, and the kinds Sluice knows. */
const targetRef = object({
  group: anyText().optional(),
  kind: oneOf([
    'Gateway',
    'Service',
    'ServiceEntry',
    'VirtualService',
    'HTTPRoute',
    'GRPCRoute',
    'VirtualHost',
  ]),
  name: hostPattern(),
  namespace: namespaceName().optional(),
  sectionName: label().optional(),
});
export type TargetRef = z.output<typeof targetRef>;
export const targetRefList = list(targetRef, { most: MAX_TARGETS });

/** How a text may be compared; rules/exactly-one-field.ts asks for exactly one of the first six. */
const comparison = {
  exact: anyText().optional(),
  prefix: label().optional(),
  suffix: label().optional(),
  contains: label().optional(),
  regex: regularExpression().optional(),
  ignoreCase: flag().optional(),
  invert: flag().optional(),
};
/** The names of a comparison's ways to compare a text. */
export const COMPARISONS = ['exact', 'prefix', 'suffix', 'contains', 'regex'];
const pathComparison = object(comparison);
const headerComparison = object({ name: requestHeaderName(), present: flag().optional(), ...comparison });
const namedComparison = object({ name: label(), present: flag().optional(), ...comparison });
export const headerComparisons = list(headerComparison, { nonEmpty: true });
export type HeaderComparison = z.output<typeof headerComparison>;
export type Comparison = z.output<typeof pathComparison> & { present?: boolean | undefined };

/** The fields of a `match`, but for what only a whole rule can be narrowed to. */
export const requestConditions = {
  methods: list(method(), { nonEmpty: true }).optional(),
  path: pathComparison.optional(),
  headers: list(headerComparison).optional(),
  queryParameters: list(namedComparison).optional(),
  cookies: list(namedComparison).optional(),
  clientAddresses: object({
    ranges: list(addressRange(), { nonEmpty: true }),
    invert: flag().optional(),
  }).optional(),
};
export const requestMatch = object(requestConditions);
export type RequestMatch = z.output<typeof requestMatch>;

/** A `match` that may also narrow the targets. */
export const scopedMatch = object({
  hosts: list(hostPattern(), { nonEmpty: true, most: MAX_HOSTS }).optional(),
  routes: list(label(), { nonEmpty: true }).optional(),
  ...requestConditions,
});
export type ScopedMatch = z.output<typeof scopedMatch>;

/** Parts of a key that are values of the request itself; exactly one of them. */
const requestValue = {
  header: requestHeaderName().optional(),
  cookie: label().optional(),
  queryParameter: label().optional(),
  path: object({}).optional(),
  method: object({}).optional(),
  host: object({}).optional(),
};
export const valuePart = object(requestValue);
export type ValuePart = z.output<typeof valuePart>;
export const VALUE_PARTS = Object.keys(valuePart.shape);

export const keyPart = object({
  ...requestValue,
  clientAddress: object({
    ipv4PrefixLength: wholeNumber(0, 32).optional(),
    ipv6PrefixLength: wholeNumber(0, 128).optional(),
  }).optional(),
  connection: object({}).optional(),
});
export type KeyPart = z.output<typeof keyPart>;
export const KEY_PARTS = Object.keys(keyPart.shape);

/** The fields of an answer to a refused request. */
export const refusalFields = {
  status: refusalStatus().optional(),
  body: refusalBody().optional(),
  headers: list(object({ name: responseHeaderName(), value: headerValue() })).optional(),
  grpcStatus: wholeNumber(1, 16).optional(),
};
const refusal = object(refusalFields);
export type PolicyRefusal = z.output<typeof refusal>;
