import type { z } from 'zod';
import { fieldPattern } from '../policy/field-path.ts';
import { DEFAULT_NAMESPACE, kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { portNumber } from '../policy/fields/number.ts';
import { anyText, list, object, oneOf } from '../policy/fields/object.ts';
import { routedHost } from '../policy/fields/routing.ts';
import { objectName, textThat } from '../policy/fields/text.ts';
import { gatewayListeners } from '../policy/rules/gateway-listeners.ts';
import { notHonoured } from '../policy/rules/not-honoured.ts';
import { uniqueNames } from '../policy/rules/unique-names.ts';
import { carried, GATEWAY_API, sectionName } from './gateway-api-parts-schema.ts';
import { definePolicyKind } from './policy-kind.ts';

const GATEWAY = { group: GATEWAY_API, versions: ['v1', 'v1beta1'], kind: 'Gateway' } as const;
const GATEWAY_CLASS = { group: GATEWAY_API, versions: ['v1', 'v1beta1'], kind: 'GatewayClass' } as const;

const listener = object({
  name: sectionName,
  hostname: routedHost({ wildcard: true }).optional(),
  port: portNumber(),
  protocol: oneOf(['HTTP', 'HTTPS', 'TLS', 'TCP', 'UDP']),
  tls: object({
    mode: oneOf(['Terminate', 'Passthrough']).optional(),
    certificateRefs: carried,
    frontendValidation: carried,
    options: carried,
  }).optional(),
  allowedRoutes: object({
    namespaces: object({
      from: oneOf(['All', 'Same', 'Selector', 'None']).optional(),
      selector: carried,
    }).optional(),
    kinds: list(object({ group: anyText().optional(), kind: anyText() })).optional(),
  }).optional(),
});

const schema = kubernetesObject(
  GATEWAY,
  object({
    gatewayClassName: objectName(),
    listeners: list(listener, { nonEmpty: true, most: 64 }),
    addresses: carried,
    infrastructure: carried,
    backendTLS: carried,
    allowedListeners: carried,
    tls: carried,
    defaultScope: carried,
  }),
);

/** Gateway API's gateways: which hosts routes may serve. docs/policies/gateway-api.md says what each field means here. */
export const gatewayApiGateway = definePolicyKind<z.output<typeof schema>>({
  ...GATEWAY,
  schema,
  rules: [
    gatewayListeners,
    uniqueNames(fieldPattern('spec.listeners[].name'), 'listener of this Gateway'),
    notHonoured([
      {
        field: 'spec.addresses',
        message: 'expected no addresses, which have no effect here: --listen says where',
      },
      { field: 'spec.infrastructure', message: 'expected no infrastructure, which has no effect here' },
      { field: 'spec.backendTLS', message: 'expected no backendTLS: Sluice speaks clear text with servers' },
      { field: 'spec.tls', message: 'expected no tls: Sluice has no certificates' },
      {
        field: 'spec.allowedListeners',
        message: 'expected no allowedListeners: Sluice reads no ListenerSets',
      },
      { field: 'spec.defaultScope', message: 'expected no defaultScope, which has no effect here' },
    ]),
  ],
  toPolicy: ({ metadata, spec }, document) => {
    const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
    return {
      routing: {
        gateways: [
          {
            api: GATEWAY_API,
            namespace,
            name: metadata.name,
            origin: { document, path: ['spec'] },
            className: {
              name: spec.gatewayClassName,
              origin: { document, path: ['spec', 'gatewayClassName'] },
            },
            listeners: spec.listeners
              .filter(({ protocol }) => protocol === 'HTTP' || protocol === 'HTTPS')
              .map(({ name, port, protocol, hostname, allowedRoutes }) => {
                const from = allowedRoutes?.namespaces?.from ?? 'Same';
                const kinds = allowedRoutes?.kinds?.map(({ kind }) => kind);
                return {
                  section: name,
                  port,
                  hosts: [{ host: hostname?.toLowerCase() ?? '*' }],
                  ...(protocol === 'HTTPS' && { isTls: true as const }),
                  ...(from === 'Same' && { fromNamespace: namespace }),
                  ...(from === 'None' ? { kinds: [] } : kinds !== undefined && kinds.length > 0 && { kinds }),
                };
              }),
          },
        ],
      },
    };
  },
});

const controllerName = textThat('a domain, `/` and a path, such as `example.com/gateway`', (text) =>
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[-A-Za-z0-9/._~%!$&'()*+,;=:]+$/.test(
    text,
  ),
);

const classSchema = kubernetesObject(
  GATEWAY_CLASS,
  object({ controllerName, parametersRef: carried, description: anyText().optional() }),
);

/** Which controller a gateway is for; here it is Sluice, whatever the class says. */
export const gatewayClass = definePolicyKind<z.output<typeof classSchema>>({
  ...GATEWAY_CLASS,
  schema: classSchema,
  rules: [
    notHonoured([
      { field: 'spec.parametersRef', message: 'expected no parametersRef, which has no effect here' },
    ]),
  ],
  toPolicy: ({ metadata }) => ({ routing: { gatewayClasses: [metadata.name] } }),
});
