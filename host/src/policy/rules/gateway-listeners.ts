import { fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Finding, type Rule, warning } from '../rule.ts';

const LISTENERS = fieldPattern('spec.listeners[]');

/** https://gateway-api.sigs.k8s.io/reference/spec/#listener */
export const gatewayListeners: Rule = (value) => {
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
