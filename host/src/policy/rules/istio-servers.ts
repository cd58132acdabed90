import { fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { type Rule, warning } from '../rule.ts';

/** Protocols of a server that Sluice serves, HTTPS in clear text. */
export const HTTP_PROTOCOLS = ['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB', 'HTTPS'];
export const OTHER_PROTOCOLS = ['TCP', 'TLS', 'MONGO', 'MYSQL', 'REDIS'];

const PROTOCOLS = fieldPattern('spec.servers[].port.protocol');
const REDIRECTS = fieldPattern('spec.servers[].tls');

/** Ports of a gateway are one listener here, which speaks HTTP in clear text. */
export const istioServerProtocols: Rule = (value) =>
  findFields(value, PROTOCOLS).flatMap(({ path, value: protocol }) => {
    if (protocol === 'HTTPS') {
      const message =
        'expected HTTP, got HTTPS: Sluice has no certificates, and serves the hosts in clear text';
      return [warning(path, message)];
    }
    if (typeof protocol !== 'string' || !OTHER_PROTOCOLS.includes(protocol)) return [];
    return [warning(path, `expected HTTP, HTTP2 or GRPC, got ${protocol}: this server is not served`)];
  });

export const istioServerRedirects: Rule = (value) =>
  findFields(value, REDIRECTS).flatMap(({ path, value: tls }) => {
    if (fieldOf(tls, 'httpsRedirect') !== true) return [];
    const message =
      'expected no httpsRedirect, since Sluice serves no TLS: hosts of this server alone get redirects only; those of an HTTPS server, too, are served in clear text';
    return [warning([...path, 'httpsRedirect'], message)];
  });
