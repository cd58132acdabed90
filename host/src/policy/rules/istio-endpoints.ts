import { isIP } from 'node:net';
import { fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Rule, warning } from '../rule.ts';

const SPEC = fieldPattern('spec');
const PROTOCOLS = fieldPattern('spec.ports[].protocol');
const PORT_MAPS = fieldPattern('spec.endpoints[].ports');
const NUMBERS = fieldPattern('spec.ports[].number');

/** What resolution and endpoints say about each other. https://istio.io/latest/docs/reference/config/networking/service-entry/ */
export const istioResolution: Rule = (value) =>
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

export const istioPortProtocols: Rule = (value) =>
  findFields(value, PROTOCOLS).flatMap(({ path, value: protocol }) => {
    if (!['HTTPS', 'TLS', 'TCP', 'MONGO'].includes(String(protocol))) return [];
    return [
      warning(
        path,
        `expected HTTP, HTTP2 or GRPC, got ${protocol}: Sluice speaks HTTP in clear text with the port`,
      ),
    ];
  });

export const istioEndpointPorts: Rule = (value) => {
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

export const istioUniquePorts: Rule = (value) => {
  const seen = new Set<unknown>();
  return findFields(value, NUMBERS).flatMap(({ path, value: number }) => {
    if (!seen.has(number)) {
      seen.add(number);
      return [];
    }
    return [error(path, `expected each port once, got ${number} again`)];
  });
};
