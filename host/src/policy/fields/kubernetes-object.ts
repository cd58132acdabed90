import { z } from 'zod';
import { anyText, mapOf, object, oneOf } from './object.ts';
import { namespaceName, objectName } from './text.ts';

/** What the API server adds or tools leave in `metadata`: allowed, without meaning for Sluice. */
const carried = z.unknown().optional();

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ */
const metadata = object({
  name: objectName(),
  namespace: namespaceName().optional(),
  labels: mapOf(anyText(), anyText()).optional(),
  annotations: mapOf(anyText(), anyText()).optional(),
  creationTimestamp: carried,
  deletionGracePeriodSeconds: carried,
  deletionTimestamp: carried,
  finalizers: carried,
  generateName: carried,
  generation: carried,
  managedFields: carried,
  ownerReferences: carried,
  resourceVersion: carried,
  selfLink: carried,
  uid: carried,
});

/** A whole Kubernetes object of the given kind; `status` is what a controller reports, and is passed over. */
export function kubernetesObject<Spec extends z.ZodType>(
  type: { group: string; versions: readonly string[]; kind: string },
  spec: Spec,
) {
  return object({
    apiVersion: oneOf(type.versions.map((version) => `${type.group}/${version}`)),
    kind: oneOf([type.kind]),
    metadata,
    spec,
    status: carried,
  });
}

/** Namespace of objects that name none, as `kubectl` has it. */
export const DEFAULT_NAMESPACE = 'default';
