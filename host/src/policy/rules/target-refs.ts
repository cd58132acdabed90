import { quote } from '../describe-value.ts';
import { type FieldPath, fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Finding, type Rule, warning } from '../rule.ts';

const TARGET_REFS = fieldPattern('spec.targetRefs[]');

const GROUPS: Record<string, string> = {
  Gateway: 'gateway.networking.k8s.io',
  HTTPRoute: 'gateway.networking.k8s.io',
  Service: '',
  ServiceEntry: 'networking.istio.io',
  VirtualService: 'networking.istio.io',
  VirtualHost: 'sluice.dev',
};

/**
 * A target is known without reading a cluster, and has the group of its kind. Where it is not known, the policy
 * would limit nobody or everybody, so this is an error.
 * https://gateway-api.sigs.k8s.io/geps/gep-713/
 */
export const targetRefs: Rule = (value) =>
  findFields(value, TARGET_REFS).flatMap(({ path, value: target }) => {
    const kind = fieldOf(target, 'kind');
    if (typeof kind !== 'string' || !Object.hasOwn(GROUPS, kind)) return [];
    return [
      ...checkGroup(path, target, kind),
      ...checkKind(path, kind),
      ...checkName(path, target, kind),
      ...checkSection(path, target),
    ];
  });

function checkGroup(path: FieldPath, target: unknown, kind: string): Finding[] {
  const group = fieldOf(target, 'group');
  const expected = GROUPS[kind]!;
  if (group === undefined || group === expected || (kind === 'Service' && group === 'core')) return [];
  return [
    error([...path, 'group'], `expected ${quote(expected)} for kind ${kind}, got ${quote(String(group))}`),
  ];
}

function checkKind(path: FieldPath, kind: string): Finding[] {
  if (kind === 'VirtualService' || kind === 'HTTPRoute') {
    const message = `expected Gateway, Service, ServiceEntry or VirtualHost, got ${kind}: Sluice does not read ${kind}s yet, so its hosts are not known; use kind VirtualHost with the host as name`;
    return [error([...path, 'kind'], message)];
  }
  if (kind === 'ServiceEntry') {
    const message =
      'expected Service, got ServiceEntry: Sluice does not read ServiceEntries yet, and takes name.namespace.svc.cluster.local as its host; for another host use kind VirtualHost';
    return [warning([...path, 'kind'], message)];
  }
  return [];
}

function checkName(path: FieldPath, target: unknown, kind: string): Finding[] {
  const name = fieldOf(target, 'name');
  if (kind === 'VirtualHost' || typeof name !== 'string' || /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name))
    return [];
  return [error([...path, 'name'], `expected the name of a ${kind}, got ${quote(name)}`)];
}

function checkSection(path: FieldPath, target: unknown): Finding[] {
  if (fieldOf(target, 'sectionName') === undefined) return [];
  const message =
    'expected no sectionName, since Sluice does not read the object it stands in; name routes in `match.routes`';
  return [error([...path, 'sectionName'], message)];
}
