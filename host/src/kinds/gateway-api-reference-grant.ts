import type { z } from 'zod';
import { DEFAULT_NAMESPACE, kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { anyText, list, object } from '../policy/fields/object.ts';
import { namespaceName, objectName } from '../policy/fields/text.ts';
import { GATEWAY_API } from './gateway-api-parts-schema.ts';
import { definePolicyKind } from './policy-kind.ts';

const REFERENCE_GRANT = {
  group: GATEWAY_API,
  versions: ['v1', 'v1beta1', 'v1alpha2'],
  kind: 'ReferenceGrant',
} as const;

const schema = kubernetesObject(
  REFERENCE_GRANT,
  object({
    from: list(object({ group: anyText(), kind: anyText(), namespace: namespaceName() }), {
      nonEmpty: true,
      most: 16,
    }),
    to: list(object({ group: anyText(), kind: anyText(), name: objectName().optional() }), {
      nonEmpty: true,
      most: 16,
    }),
  }),
);

/** Lets routes of another namespace name services of this one. */
export const gatewayReferenceGrant = definePolicyKind<z.output<typeof schema>>({
  ...REFERENCE_GRANT,
  schema,
  rules: [],
  toPolicy: ({ metadata, spec }) => ({
    routing: {
      grants: [
        {
          namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
          from: spec.from
            .filter(({ group }) => group === GATEWAY_API)
            .map(({ kind, namespace }) => ({ kind, namespace })),
          to: spec.to
            .filter(({ group, kind }) => kind === 'Service' && (group === '' || group === 'core'))
            .map(({ name }) => name),
        },
      ],
    },
  }),
});
