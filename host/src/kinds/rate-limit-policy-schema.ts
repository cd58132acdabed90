import type { z } from 'zod';
import { addressRange } from '../policy/fields/address.ts';
import { duration, MIN_FILL_INTERVAL_NANOS, MIN_WINDOW_NANOS } from '../policy/fields/duration.ts';
import {
  headerValue,
  hostPattern,
  method,
  refusalBody,
  refusalStatus,
  requestHeaderName,
  responseHeaderName,
} from '../policy/fields/http.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { wholeNumber } from '../policy/fields/number.ts';
import { anyText, flag, list, object, oneOf } from '../policy/fields/object.ts';
import { regularExpression } from '../policy/fields/regular-expression.ts';
import { label, namespaceName, ruleName } from '../policy/fields/text.ts';

export const RATE_LIMIT_POLICY = {
  group: 'sluice.dev',
  versions: ['v1alpha1'],
  kind: 'RateLimitPolicy',
} as const;

/** Bounds on the time it takes to narrow the targets of every rule to its hosts. */
const MAX_TARGETS = 256;
const MAX_HOSTS = 256;
const MAX_RULES = 1_000;

/** Gateway API's LocalPolicyTargetReferenceWithSectionName, and the kinds Sluice knows. */
const targetRef = object({
  group: anyText().optional(),
  kind: oneOf(['Gateway', 'Service', 'ServiceEntry', 'VirtualService', 'HTTPRoute', 'VirtualHost']),
  name: hostPattern(),
  namespace: namespaceName().optional(),
  sectionName: label().optional(),
});
export type TargetRef = z.output<typeof targetRef>;

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
const pathComparison = object(comparison);
const headerComparison = object({ name: requestHeaderName(), present: flag().optional(), ...comparison });
const namedComparison = object({ name: label(), present: flag().optional(), ...comparison });
export type Comparison = z.output<typeof pathComparison> & { present?: boolean | undefined };

const requestConditions = {
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
const overrideMatch = object(requestConditions);
export type RequestMatch = z.output<typeof overrideMatch>;

const limit = object({
  tokenBucket: object({
    maxTokens: wholeNumber(1),
    tokensPerFill: wholeNumber(1).optional(),
    fillInterval: duration('1 ms', MIN_FILL_INTERVAL_NANOS),
  }).optional(),
  slidingWindow: object({
    maxRequests: wholeNumber(1, 2 ** 32 - 1),
    window: duration('16 ms', MIN_WINDOW_NANOS),
  }).optional(),
});
export type PolicyLimit = z.output<typeof limit>;

const keyPart = object({
  header: requestHeaderName().optional(),
  cookie: label().optional(),
  queryParameter: label().optional(),
  clientAddress: object({
    ipv4PrefixLength: wholeNumber(0, 32).optional(),
    ipv6PrefixLength: wholeNumber(0, 128).optional(),
  }).optional(),
  path: object({}).optional(),
  method: object({}).optional(),
  host: object({}).optional(),
  connection: object({}).optional(),
});
export type KeyPart = z.output<typeof keyPart>;
export const KEY_PARTS = Object.keys(keyPart.shape) as (keyof KeyPart)[];

const cost = object({
  fixed: wholeNumber(1).optional(),
  header: requestHeaderName().optional(),
  default: wholeNumber(1).optional(),
  max: wholeNumber(1).optional(),
});
export type PolicyCost = z.output<typeof cost>;

const response = object({
  status: refusalStatus().optional(),
  body: refusalBody().optional(),
  headers: list(object({ name: responseHeaderName(), value: headerValue() })).optional(),
  grpcStatus: wholeNumber(1, 16).optional(),
  rateLimitHeaders: flag().optional(),
});
export type PolicyResponse = z.output<typeof response>;

const rule = object({
  name: ruleName(),
  match: object({
    hosts: list(hostPattern(), { nonEmpty: true, most: MAX_HOSTS }).optional(),
    routes: list(label(), { nonEmpty: true }).optional(),
    ...requestConditions,
  }).optional(),
  limit,
  overrides: list(object({ match: overrideMatch, limit })).optional(),
  key: list(keyPart, { nonEmpty: true }).optional(),
  keyCapacity: wholeNumber(32, 1_048_576).optional(),
  whenKeyMissing: oneOf(['share', 'skip']).optional(),
  cost: cost.optional(),
  shadowMode: flag().optional(),
  response: response.optional(),
});
export type RateLimitPolicyRule = z.output<typeof rule>;

export const rateLimitPolicySchema = kubernetesObject(
  RATE_LIMIT_POLICY,
  object({
    targetRefs: list(targetRef, { most: MAX_TARGETS }).optional(),
    rules: list(rule, { nonEmpty: true, most: MAX_RULES }),
  }),
);
export type RateLimitPolicyObject = z.output<typeof rateLimitPolicySchema>;
