import type { z } from 'zod';
import { fieldPattern } from '../policy/field-path.ts';
import { DEFAULT_NAMESPACE, kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { portNumber } from '../policy/fields/number.ts';
import { anyText, flag, list, mapOf, object, oneOf } from '../policy/fields/object.ts';
import { routedHost } from '../policy/fields/routing.ts';
import { label, textThat } from '../policy/fields/text.ts';
import {
  HTTP_PROTOCOLS,
  istioServerProtocols,
  istioServerRedirects,
  OTHER_PROTOCOLS,
} from '../policy/rules/istio-servers.ts';
import { notHonoured } from '../policy/rules/not-honoured.ts';
import { uniqueNames } from '../policy/rules/unique-names.ts';
import { carried, ISTIO_NETWORKING } from './istio-parts-schema.ts';
import { definePolicyKind } from './policy-kind.ts';

const serverHost = textThat(
  'a host without port, `*.suffix` or `*`, perhaps with `namespace/` before it',
  (text) => {
    const [first, second] = text.split('/') as [string, string | undefined];
    const host = second ?? first;
    const isHost = host === '*' || routedHost({ wildcard: true }).safeParse(host).success;
    return (
      isHost &&
      text.split('/').length <= 2 &&
      (second === undefined || /^(\*|\.|[a-z0-9][-a-z0-9]*)$/.test(first))
    );
  },
);

const server = object({
  port: object({
    number: portNumber(),
    protocol: oneOf([...HTTP_PROTOCOLS, ...OTHER_PROTOCOLS]),
    name: label().optional(),
    targetPort: portNumber().optional(),
  }),
  hosts: list(serverHost, { nonEmpty: true }),
  name: label().optional(),
  bind: anyText().optional(),
  defaultEndpoint: carried,
  tls: object({
    httpsRedirect: flag().optional(),
    mode: anyText().optional(),
    credentialName: anyText().optional(),
    credentialNames: carried,
    serverCertificate: carried,
    privateKey: carried,
    caCertificates: carried,
    caCrl: carried,
    subjectAltNames: carried,
    verifyCertificateSpki: carried,
    verifyCertificateHash: carried,
    minProtocolVersion: carried,
    maxProtocolVersion: carried,
    cipherSuites: carried,
    tlsCertificates: carried,
  }).optional(),
});

const schema = kubernetesObject(
  { ...ISTIO_NETWORKING, kind: 'Gateway' },
  object({
    selector: mapOf(anyText(), anyText()).optional(),
    servers: list(server, { nonEmpty: true }),
  }),
);

/** Istio's gateways: which hosts VirtualServices may serve. docs/policies/istio-gateway.md says what each field means here. */
export const istioGateway = definePolicyKind<z.output<typeof schema>>({
  ...ISTIO_NETWORKING,
  kind: 'Gateway',
  schema,
  rules: [
    istioServerProtocols,
    istioServerRedirects,
    uniqueNames(fieldPattern('spec.servers[].name'), 'server of this Gateway'),
    notHonoured([
      {
        field: 'spec.servers[].bind',
        message: 'expected no bind, which has no effect here: --listen says where',
      },
      {
        field: 'spec.servers[].defaultEndpoint',
        message: 'expected no defaultEndpoint, which has no effect here',
      },
    ]),
  ],
  toPolicy: ({ metadata, spec }, document) => {
    const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
    return {
      routing: {
        gateways: [
          {
            api: 'networking.istio.io',
            namespace,
            name: metadata.name,
            origin: { document, path: ['spec'] },
            ...(spec.selector !== undefined && { selector: spec.selector }),
            listeners: spec.servers
              .filter(({ port }) => HTTP_PROTOCOLS.includes(port.protocol))
              .map(({ port, hosts, name, tls }) => ({
                ...((name ?? port.name) !== undefined && { section: (name ?? port.name)! }),
                port: port.number,
                hosts: hosts.map((host) => hostOfServer(host, namespace)),
                ...(tls?.httpsRedirect === true && { requireTls: true as const }),
              })),
          },
        ],
      },
    };
  },
});

/** `namespace/host`, of which `*` is any namespace and `.` the gateway's own. */
function hostOfServer(text: string, ownNamespace: string): { host: string; namespace?: string } {
  const [first, second] = text.toLowerCase().split('/') as [string, string | undefined];
  if (second === undefined) return { host: first };
  return first === '*' ? { host: second } : { host: second, namespace: first === '.' ? ownNamespace : first };
}
