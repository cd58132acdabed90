import { z } from 'zod';
import { fieldOf } from '../policy/field-path.ts';
import { wholeMillis } from '../policy/fields/duration.ts';
import { headerValue, method, requestHeaderName } from '../policy/fields/http.ts';
import { portNumber, wholeNumber } from '../policy/fields/number.ts';
import { anyText, byShape, flag, list, object, oneOf } from '../policy/fields/object.ts';
import {
  corsToken,
  editedHeaderName,
  envoyExpression,
  replacementPath,
  routedHost,
} from '../policy/fields/routing.ts';
import { label, namespaceName, objectName, textThat } from '../policy/fields/text.ts';

/** What the routes of Gateway API have in common: https://gateway-api.sigs.k8s.io/reference/spec/ */
export const GATEWAY_API = 'gateway.networking.k8s.io';

/** Read, without meaning here, and named by a rule where it asks for something. */
export const carried = z.unknown().optional();

const MAX_ITEMS = 64;

export const sectionName = textThat(
  'a name of lower-case letters, digits, `-` and `.`, at most 253 long',
  (text) => text.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text),
);

export const parentRefs = list(
  object({
    group: anyText().optional(),
    kind: oneOf(['Gateway', 'Service']).optional(),
    namespace: namespaceName().optional(),
    name: objectName(),
    sectionName: sectionName.optional(),
    port: portNumber().optional(),
  }),
  { most: MAX_ITEMS },
);
export type GatewayParentRefs = z.output<typeof parentRefs>;

export const hostnames = list(routedHost({ wildcard: true }), { most: MAX_ITEMS });

const matchTypes = oneOf(['Exact', 'RegularExpression']).optional();
const exactHeader = object({ type: matchTypes, name: requestHeaderName(), value: label() });
const expressionHeader = object({ type: matchTypes, name: requestHeaderName(), value: envoyExpression() });
const isExpression = (value: unknown) => fieldOf(value, 'type') === 'RegularExpression';
export const headerMatch = byShape((value) => (isExpression(value) ? expressionHeader : exactHeader));
export const queryMatch = byShape((value) => (isExpression(value) ? expressionHeader : exactHeader));
export type GatewayFieldMatch = z.output<typeof headerMatch>;

/** What a path may have in it; no part of it may be empty, `.` or `..`. */
export const plainPath = textThat(
  'a path that begins with `/`, of characters that need no escape, without `//`, `/./`, `/../` and `%2f`',
  (text) =>
    text.length <= 1024 &&
    /^\/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$/.test(text) &&
    !/\/\/|\/\.\.?(\/|$)|%2f/i.test(text),
);

const pathTypes = oneOf(['Exact', 'PathPrefix', 'RegularExpression']).optional();
const plainPathMatch = object({ type: pathTypes, value: plainPath.optional() });
const expressionMatch = object({ type: pathTypes, value: envoyExpression().optional() });
export const pathMatch = byShape((value) =>
  fieldOf(value, 'type') === 'RegularExpression' ? expressionMatch : plainPathMatch,
);

export const methodName = method();

const headers = list(object({ name: editedHeaderName(), value: headerValue() }), { most: MAX_ITEMS });
const headerModifier = object({
  set: headers.optional(),
  add: headers.optional(),
  remove: list(editedHeaderName(), { most: MAX_ITEMS }).optional(),
});
export type GatewayHeaderModifier = z.output<typeof headerModifier>;

const pathModifier = object({
  type: oneOf(['ReplaceFullPath', 'ReplacePrefixMatch']),
  replaceFullPath: replacementPath().optional(),
  replacePrefixMatch: replacementPath().optional(),
});
export type GatewayPathModifier = z.output<typeof pathModifier>;

const REDIRECT_STATUSES = [301, 302, 303, 307, 308];
const redirect = object({
  scheme: oneOf(['http', 'https']).optional(),
  hostname: routedHost({ wildcard: false }).optional(),
  path: pathModifier.optional(),
  port: portNumber().optional(),
  statusCode: z
    .number({ error: `one of ${REDIRECT_STATUSES.join(', ')}` })
    .refine((status) => REDIRECT_STATUSES.includes(status), {
      error: `one of ${REDIRECT_STATUSES.join(', ')}`,
    })
    .optional(),
});
export type GatewayRedirect = z.output<typeof redirect>;

export const backendObject = {
  group: anyText().optional(),
  kind: anyText().optional(),
  name: objectName(),
  namespace: namespaceName().optional(),
  port: portNumber().optional(),
};
const mirrorBackend = object(backendObject);
export type GatewayBackend = z.output<typeof mirrorBackend>;

const mirror = object({
  backendRef: mirrorBackend,
  percent: wholeNumber(0, 100).optional(),
  fraction: object({ numerator: wholeNumber(0), denominator: wholeNumber(1).optional() }).optional(),
});
export type GatewayMirror = z.output<typeof mirror>;

const cors = object({
  allowOrigins: list(headerValue(), { most: MAX_ITEMS }).optional(),
  allowCredentials: flag().optional(),
  allowMethods: list(corsToken()).optional(),
  allowHeaders: list(corsToken(), { most: MAX_ITEMS }).optional(),
  exposeHeaders: list(corsToken(), { most: MAX_ITEMS }).optional(),
  maxAge: wholeNumber(1, 2 ** 31 - 1).optional(),
});
export type GatewayCors = z.output<typeof cors>;

/** Fields of a filter by its type; rules/gateway-filters.ts asks for the one that belongs to the type. */
export const filter = object({
  type: oneOf([
    'RequestHeaderModifier',
    'ResponseHeaderModifier',
    'RequestRedirect',
    'URLRewrite',
    'RequestMirror',
    'CORS',
    'ExtensionRef',
    'ExternalAuth',
  ]),
  requestHeaderModifier: headerModifier.optional(),
  responseHeaderModifier: headerModifier.optional(),
  requestRedirect: redirect.optional(),
  urlRewrite: object({
    hostname: routedHost({ wildcard: false }).optional(),
    path: pathModifier.optional(),
  }).optional(),
  requestMirror: mirror.optional(),
  cors: cors.optional(),
  extensionRef: carried,
  externalAuth: carried,
});
export type GatewayFilter = z.output<typeof filter>;

const backendRef = object({
  ...backendObject,
  weight: wholeNumber(0, 1_000_000).optional(),
  filters: list(filter, { most: 16 }).optional(),
});
export type GatewayBackendRef = z.output<typeof backendRef>;

export const ruleFields = {
  name: sectionName.optional(),
  filters: list(filter, { most: 16 }).optional(),
  backendRefs: list(backendRef, { most: 16 }).optional(),
  sessionPersistence: carried,
};

export const timeouts = object({
  request: wholeMillis(0).optional(),
  backendRequest: wholeMillis(0).optional(),
});
export const retry = object({
  codes: list(wholeNumber(400, 599)).optional(),
  attempts: wholeNumber(0, 1_000).optional(),
  backoff: wholeMillis(1).optional(),
});
