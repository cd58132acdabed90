import type { z } from 'zod';
import { timeoutDuration, wholeMillis } from '../policy/fields/duration.ts';
import { headerValue, refusalBody } from '../policy/fields/http.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { portNumber, wholeNumber } from '../policy/fields/number.ts';
import { anyText, flag, list, mapOf, object, oneOf } from '../policy/fields/object.ts';
import {
  answerStatus,
  authority,
  corsToken,
  envoyExpression,
  grpcStatus,
  replacementPath,
  routedHost,
  substitution,
} from '../policy/fields/routing.ts';
import { label, textThat } from '../policy/fields/text.ts';
import {
  carried,
  destination,
  headerMatches,
  headers,
  ISTIO_NETWORKING,
  percentage,
  stringMatch,
  wholePercent,
} from './istio-parts-schema.ts';

export const ISTIO_VIRTUAL_SERVICE = { ...ISTIO_NETWORKING, kind: 'VirtualService' } as const;

const gatewayName = textThat('`mesh`, the name of a Gateway, or `namespace/name`', (text) =>
  /^([a-z0-9][-a-z0-9]*\/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text),
);
const host = textThat(
  'a host name without port, `*.suffix` or `*`',
  (text) => text === '*' || routedHost({ wildcard: true }).safeParse(text).success,
);

const match = object({
  name: label().optional(),
  uri: stringMatch.optional(),
  scheme: stringMatch.optional(),
  method: stringMatch.optional(),
  authority: stringMatch.optional(),
  headers: headerMatches.optional(),
  withoutHeaders: headerMatches.optional(),
  queryParams: mapOf(label(), stringMatch).optional(),
  ignoreUriCase: flag().optional(),
  gateways: list(gatewayName).optional(),
  port: portNumber().optional(),
  sourceLabels: mapOf(anyText(), anyText()).optional(),
  sourceNamespace: anyText().optional(),
  statPrefix: anyText().optional(),
});
export type IstioMatch = z.output<typeof match>;

const weighted = object({
  destination,
  weight: wholeNumber(0, 1_000_000).optional(),
  headers: headers.optional(),
});
export type IstioWeighted = z.output<typeof weighted>;

const redirectPath = textThat(
  'a path that begins with `/`, perhaps after `%PREFIX()%`',
  (text) => text === '%PREFIX()%' || replacementPath().safeParse(text.replace(/^%PREFIX\(\)%/, '')).success,
);

const redirect = object({
  uri: redirectPath.optional(),
  authority: authority().optional(),
  port: portNumber().optional(),
  derivePort: oneOf(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT']).optional(),
  scheme: oneOf(['http', 'https']).optional(),
  redirectCode: wholeNumber(301, 308).optional(),
});
export type IstioRedirect = z.output<typeof redirect>;

const fault = object({
  delay: object({
    fixedDelay: wholeMillis(1),
    exponentialDelay: carried,
    percentage: percentage.optional(),
    percent: wholePercent.optional(),
  }).optional(),
  abort: object({
    httpStatus: answerStatus().optional(),
    grpcStatus: grpcStatus().optional(),
    http2Error: carried,
    percentage: percentage.optional(),
  }).optional(),
});
export type IstioFault = z.output<typeof fault>;

const corsPolicy = object({
  allowOrigin: list(headerValue()).optional(),
  allowOrigins: list(stringMatch).optional(),
  allowMethods: list(corsToken()).optional(),
  allowHeaders: list(corsToken()).optional(),
  exposeHeaders: list(corsToken()).optional(),
  maxAge: timeoutDuration().optional(),
  allowCredentials: flag().optional(),
  unmatchedPreflights: oneOf(['UNSPECIFIED', 'FORWARD', 'IGNORE']).optional(),
});
export type IstioCorsPolicy = z.output<typeof corsPolicy>;

const retries = object({
  attempts: wholeNumber(0, 1_000),
  perTryTimeout: wholeMillis(1).optional(),
  retryOn: anyText().optional(),
  retryRemoteLocalities: flag().optional(),
  retryIgnorePreviousHosts: flag().optional(),
  backoff: wholeMillis(1).optional(),
});
export type IstioRetries = z.output<typeof retries>;

const http = object({
  name: label().optional(),
  match: list(match).optional(),
  route: list(weighted, { nonEmpty: true }).optional(),
  redirect: redirect.optional(),
  directResponse: object({
    status: answerStatus(),
    body: object({ string: refusalBody().optional(), bytes: anyText().optional() }).optional(),
  }).optional(),
  delegate: carried,
  rewrite: object({
    uri: replacementPath().optional(),
    authority: authority().optional(),
    uriRegexRewrite: object({ match: envoyExpression(), rewrite: substitution() }).optional(),
  }).optional(),
  timeout: timeoutDuration().optional(),
  retries: retries.optional(),
  fault: fault.optional(),
  mirror: destination.optional(),
  mirrorPercent: wholePercent.optional(),
  mirrorPercentage: percentage.optional(),
  mirrors: list(object({ destination, percentage: percentage.optional() })).optional(),
  corsPolicy: corsPolicy.optional(),
  headers: headers.optional(),
});
export type IstioHttpRoute = z.output<typeof http>;

export const istioVirtualServiceSchema = kubernetesObject(
  ISTIO_VIRTUAL_SERVICE,
  object({
    hosts: list(host, { nonEmpty: true }),
    gateways: list(gatewayName).optional(),
    http: list(http).optional(),
    tls: carried,
    tcp: carried,
    exportTo: list(anyText()).optional(),
  }),
);
export type IstioVirtualService = z.output<typeof istioVirtualServiceSchema>;
