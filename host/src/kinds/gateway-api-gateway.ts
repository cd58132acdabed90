import type { z } from 'zod';
import { fieldOf, fieldPattern, findFields } from '../policy/field-path.ts';
import { DEFAULT_NAMESPACE, kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { portNumber } from '../policy/fields/number.ts';
import { anyText, list, object, oneOf } from '../policy/fields/object.ts';
import { routedHost } from '../policy/fields/routing.ts';
import { objectName, textThat } from '../policy/fields/text.ts';
import { error, type Finding, type Rule, warning } from '../policy/rule.ts';
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

const LISTENERS = fieldPattern('spec.listeners[]');

/** https://gateway-api.sigs.k8s.io/reference/spec/#listener */
const listeners: Rule = (value) => {
  const taken = new Set<string>();
  return findFields(value, LISTENERS).flatMap(({ path, value: each }) => {
    const [protocol, hostname, port, tls] = ['protocol', 'hostname', 'port', 'tls'].map((name) =>
      fieldOf(each, name),
    );
    const findings: Finding[] = [];
    if (['TCP', 'UDP'].includes(String(protocol)) && hostname !== undefined) {
      findings.push(
        error([...path, 'hostname'], `expected no hostname beside protocol ${protocol}, which has none`),
      );
    }
    if (['HTTP', 'TCP', 'UDP'].includes(String(protocol)) && tls !== undefined) {
      findings.push(error([...path, 'tls'], `expected no tls beside protocol ${protocol}`));
    }
    if (protocol === 'HTTPS' && fieldOf(tls, 'mode') === 'Passthrough') {
      findings.push(
        error([...path, 'tls', 'mode'], 'expected Terminate beside protocol HTTPS, got Passthrough'),
      );
    }
    const identity = JSON.stringify([port, protocol, hostname]);
    if (taken.has(identity)) {
      const message = 'expected each port, protocol and hostname together once, got them again';
      findings.push(error(path, message));
    }
    taken.add(identity);
    if (protocol === 'HTTPS') {
      const message =
        'expected HTTP, got HTTPS: Sluice has no certificates, and serves the hosts in clear text';
      findings.push(warning([...path, 'protocol'], message));
    } else if (['TLS', 'TCP', 'UDP'].includes(String(protocol))) {
      findings.push(
        warning([...path, 'protocol'], `expected HTTP, got ${protocol}: this listener is not served`),
      );
    }
    if (fieldOf(fieldOf(fieldOf(each, 'allowedRoutes'), 'namespaces'), 'from') === 'Selector') {
      const message =
        'expected All, Same or None, got Selector: Sluice does not know the labels of namespaces, and takes all of them';
      findings.push(warning([...path, 'allowedRoutes', 'namespaces', 'from'], message));
    }
    return findings;
  });
};

/** Gateway API's gateways: which hosts routes may serve. docs/policies/gateway-api.md says what each field means here. */
export const gatewayApiGateway = definePolicyKind<z.output<typeof schema>>({
  ...GATEWAY,
  schema,
  rules: [
    listeners,
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
              .map(({ name, port, hostname, allowedRoutes }) => {
                const from = allowedRoutes?.namespaces?.from ?? 'Same';
                const kinds = allowedRoutes?.kinds?.map(({ kind }) => kind);
                return {
                  section: name,
                  port,
                  hosts: [{ host: hostname?.toLowerCase() ?? '*' }],
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
