import type { z } from 'zod';
import { fieldPattern } from '../policy/field-path.ts';
import { DEFAULT_NAMESPACE, kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { portNumber, wholeNumber } from '../policy/fields/number.ts';
import { anyText, list, mapOf, object, oneOf } from '../policy/fields/object.ts';
import { routedHost } from '../policy/fields/routing.ts';
import { label } from '../policy/fields/text.ts';
import {
  istioEndpointPorts,
  istioPortProtocols,
  istioResolution,
  istioUniquePorts,
} from '../policy/rules/istio-endpoints.ts';
import { notHonoured } from '../policy/rules/not-honoured.ts';
import { uniqueNames } from '../policy/rules/unique-names.ts';
import { carried, ISTIO_NETWORKING } from './istio-parts-schema.ts';
import { definePolicyKind } from './policy-kind.ts';

const endpoint = object({
  address: label(),
  ports: mapOf(label(), portNumber()).optional(),
  labels: mapOf(anyText(), anyText()).optional(),
  network: anyText().optional(),
  locality: anyText().optional(),
  weight: wholeNumber(0, 2 ** 31 - 1).optional(),
  serviceAccount: anyText().optional(),
});

const schema = kubernetesObject(
  { ...ISTIO_NETWORKING, kind: 'ServiceEntry' },
  object({
    hosts: list(routedHost({ wildcard: true }), { nonEmpty: true }),
    addresses: list(anyText()).optional(),
    ports: list(
      object({
        number: portNumber(),
        name: label().optional(),
        protocol: oneOf(['HTTP', 'HTTP2', 'GRPC', 'HTTPS', 'TCP', 'TLS', 'MONGO', '']).optional(),
        targetPort: portNumber().optional(),
      }),
      { nonEmpty: true },
    ),
    location: oneOf(['MESH_EXTERNAL', 'MESH_INTERNAL']).optional(),
    resolution: oneOf(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN']).optional(),
    endpoints: list(endpoint).optional(),
    workloadSelector: carried,
    exportTo: list(anyText()).optional(),
    subjectAltNames: carried,
  }),
);
type ServiceEntry = z.output<typeof schema>;

/** Servers that Istio does not find by itself; docs/policies/istio-service-entry.md says what each field means here. */
export const istioServiceEntry = definePolicyKind<ServiceEntry>({
  ...ISTIO_NETWORKING,
  kind: 'ServiceEntry',
  schema,
  rules: [
    istioResolution,
    istioPortProtocols,
    istioEndpointPorts,
    istioUniquePorts,
    uniqueNames(fieldPattern('spec.ports[].name'), 'port of this ServiceEntry'),
    notHonoured([
      {
        field: 'spec.addresses',
        message: 'expected no addresses, which have no effect here: requests are known by their host',
      },
      {
        field: 'spec.workloadSelector',
        message: 'expected endpoints, got workloadSelector: Sluice does not know the workloads of a cluster',
      },
      { field: 'spec.exportTo', message: 'expected no exportTo, which has no effect here' },
      {
        field: 'spec.subjectAltNames',
        message: 'expected no subjectAltNames: Sluice speaks clear text with servers',
      },
      { field: 'spec.endpoints[].network', message: 'expected no network, which has no effect here' },
      {
        field: 'spec.endpoints[].serviceAccount',
        message: 'expected no serviceAccount, which has no effect here',
      },
    ]),
  ],
  toPolicy: ({ metadata, spec }, document) => ({
    routing: {
      serviceEntries: [
        {
          namespace: metadata.namespace ?? DEFAULT_NAMESPACE,
          name: metadata.name,
          origin: { document, path: ['spec'] },
          hosts: spec.hosts.map((host) => host.toLowerCase()),
          ports: spec.ports.map(({ number, name, protocol, targetPort }) => ({
            number,
            name: name ?? String(number),
            targetPort: targetPort ?? number,
            protocol: protocol === 'HTTP2' || protocol === 'GRPC' ? 'h2c' : 'http1',
          })),
          resolution: RESOLUTIONS[spec.resolution ?? 'NONE'],
          endpoints: (spec.endpoints ?? []).map(({ address, ports = {}, labels = {}, weight, locality }) => ({
            address,
            ports: new Map(Object.entries(ports)),
            labels: new Map(Object.entries(labels)),
            // 0 is Istio's word for a weight that is not said.
            ...(weight !== undefined && weight > 0 && { weight }),
            ...(locality !== undefined && locality !== '' && { locality }),
          })),
        },
      ],
    },
  }),
});

const RESOLUTIONS = { NONE: 'none', STATIC: 'static', DNS: 'dns', DNS_ROUND_ROBIN: 'dnsFirst' } as const;
