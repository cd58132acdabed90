import { isIP } from 'node:net';
import type { z } from 'zod';
import { fieldOf, fieldPattern, findFields } from '../policy/field-path.ts';
import { DEFAULT_NAMESPACE, kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { portNumber, wholeNumber } from '../policy/fields/number.ts';
import { anyText, list, mapOf, object, oneOf } from '../policy/fields/object.ts';
import { routedHost } from '../policy/fields/routing.ts';
import { label } from '../policy/fields/text.ts';
import { error, type Rule, warning } from '../policy/rule.ts';
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

const SPEC = fieldPattern('spec');
const PROTOCOLS = fieldPattern('spec.ports[].protocol');
const PORT_MAPS = fieldPattern('spec.endpoints[].ports');
const NUMBERS = fieldPattern('spec.ports[].number');

/** What resolution and endpoints say about each other. https://istio.io/latest/docs/reference/config/networking/service-entry/ */
const resolution: Rule = (value) =>
  findFields(value, SPEC).flatMap(({ path, value: spec }) => {
    const how = fieldOf(spec, 'resolution') ?? 'NONE';
    const endpoints = fieldOf(spec, 'endpoints');
    const count = Array.isArray(endpoints) ? endpoints.length : 0;
    const hosts = fieldOf(spec, 'hosts');
    const place = [...path, fieldOf(spec, 'resolution') === undefined ? 'ports' : 'resolution'];
    if (how === 'STATIC') {
      if (count === 0) return [error(place, 'expected endpoints beside resolution STATIC, got none')];
      return (endpoints as unknown[]).flatMap((each, at) => {
        const address = fieldOf(each, 'address');
        if (typeof address !== 'string' || isIP(address) !== 0) return [];
        const message = `expected an IP address, since resolution is STATIC, got ${JSON.stringify(address)}`;
        return [error([...path, 'endpoints', at, 'address'], message)];
      });
    }
    if (how === 'NONE') {
      if (count > 0)
        return [
          error([...path, 'endpoints'], 'expected resolution STATIC or DNS beside endpoints, got NONE'),
        ];
      const message =
        'expected resolution STATIC or DNS, got NONE: requests go to the --upstream of the host, not where the caller says';
      return [warning(place, message)];
    }
    const isPattern =
      Array.isArray(hosts) && hosts.some((host) => typeof host === 'string' && host.startsWith('*'));
    if (count === 0 && isPattern) {
      return [
        error(
          [...path, 'hosts'],
          `expected endpoints beside a pattern and resolution ${how}, got none: it cannot be looked up`,
        ),
      ];
    }
    if (how === 'DNS_ROUND_ROBIN' && count > 1) {
      return [
        error(
          [...path, 'endpoints'],
          `expected one endpoint beside resolution DNS_ROUND_ROBIN, got ${count}`,
        ),
      ];
    }
    return [];
  });

const protocols: Rule = (value) =>
  findFields(value, PROTOCOLS).flatMap(({ path, value: protocol }) => {
    if (!['HTTPS', 'TLS', 'TCP', 'MONGO'].includes(String(protocol))) return [];
    return [
      warning(
        path,
        `expected HTTP, HTTP2 or GRPC, got ${protocol}: Sluice speaks HTTP in clear text with the port`,
      ),
    ];
  });

const endpointPorts: Rule = (value) => {
  const names = findFields(value, fieldPattern('spec.ports[].name')).map((found) => found.value);
  return findFields(value, PORT_MAPS).flatMap(({ path, value: ports }) =>
    Object.keys((ports ?? {}) as object)
      .filter((name) => !names.includes(name))
      .map((name) => ({
        ...error(
          [...path, name],
          `expected the name of a port of the entry (${names.join(', ')}), got ${JSON.stringify(name)}`,
        ),
        at: 'key' as const,
      })),
  );
};

const uniqueNumbers: Rule = (value) => {
  const seen = new Set<unknown>();
  return findFields(value, NUMBERS).flatMap(({ path, value: number }) => {
    if (!seen.has(number)) {
      seen.add(number);
      return [];
    }
    return [error(path, `expected each port once, got ${number} again`)];
  });
};

/** Servers that Istio does not find by itself; docs/policies/istio-service-entry.md says what each field means here. */
export const istioServiceEntry = definePolicyKind<ServiceEntry>({
  ...ISTIO_NETWORKING,
  kind: 'ServiceEntry',
  schema,
  rules: [
    resolution,
    protocols,
    endpointPorts,
    uniqueNumbers,
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
