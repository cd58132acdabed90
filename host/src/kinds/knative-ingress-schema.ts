import { z } from 'zod';
import { timeoutDuration } from '../policy/fields/duration.ts';
import { headerValue, requestHeaderName } from '../policy/fields/http.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { wholeNumber } from '../policy/fields/number.ts';
import { anyText, list, mapOf, object, oneOf } from '../policy/fields/object.ts';
import { editedHeaderName, pathText, percent, routedHost } from '../policy/fields/routing.ts';
import { namespaceName, objectName } from '../policy/fields/text.ts';

export const KNATIVE_INGRESS = {
  group: 'networking.internal.knative.dev',
  versions: ['v1alpha1'],
  kind: 'Ingress',
} as const;

const appendHeaders = mapOf(editedHeaderName(), headerValue());

const split = object({
  serviceNamespace: namespaceName().optional(),
  serviceName: objectName(),
  servicePort: z
    .union([wholeNumber(1, 65_535), anyText().min(1)], { error: 'a port number or the name of a port' })
    .optional(),
  percent: percent().optional(),
  appendHeaders: appendHeaders.optional(),
});
export type KnativeSplit = z.output<typeof split>;

const path = object({
  path: pathText().optional(),
  headers: mapOf(requestHeaderName(), object({ exact: anyText() })).optional(),
  rewriteHost: routedHost({ wildcard: false }).optional(),
  splits: list(split, { nonEmpty: true }),
  appendHeaders: appendHeaders.optional(),
  timeout: timeoutDuration().optional(),
  retries: object({
    attempts: wholeNumber(0, 1_000),
    perTryTimeout: timeoutDuration().optional(),
  }).optional(),
});
export type KnativePath = z.output<typeof path>;

const rule = object({
  hosts: list(routedHost({ wildcard: true }), { nonEmpty: true }),
  visibility: oneOf(['ExternalIP', 'ClusterLocal']).optional(),
  http: object({ paths: list(path, { nonEmpty: true }) }),
});
export type KnativeRule = z.output<typeof rule>;

export const knativeIngressSchema = kubernetesObject(
  KNATIVE_INGRESS,
  object({
    httpOption: oneOf(['Enabled', 'Redirected']).optional(),
    // Not served: rules/not-honoured.ts warns.
    tls: list(
      object({
        hosts: list(routedHost({ wildcard: true })).optional(),
        secretName: anyText().optional(),
        secretNamespace: anyText().optional(),
      }),
    ).optional(),
    rules: list(rule, { nonEmpty: true }),
  }),
);
export type KnativeIngress = z.output<typeof knativeIngressSchema>;
