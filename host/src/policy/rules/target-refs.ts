import { quote } from '../describe-value.ts';
import { type FieldPath, fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Finding, type Rule } from '../rule.ts';

const TARGET_REFS = fieldPattern('spec.targetRefs[]');

/** Groups of each kind; an absent group means any of them. */
const GROUPS: Record<string, readonly string[]> = {
  Gateway: ['gateway.networking.k8s.io', 'networking.istio.io'],
  HTTPRoute: ['gateway.networking.k8s.io'],
  GRPCRoute: ['gateway.networking.k8s.io'],
  Service: ['', 'core'],
  ServiceEntry: ['networking.istio.io'],
  VirtualService: ['networking.istio.io'],
  VirtualHost: ['sluice.dev'],
};

/** Kinds with parts that have names: listeners of a gateway, routes of the others. */
const KINDS_WITH_SECTIONS = ['Gateway', 'HTTPRoute', 'GRPCRoute', 'VirtualService'];

/**
 * A target has the group of its kind, and a section only where its kind has some. Whether the object is there is seen
 * when all files are read (plan/routing/attach-policies.ts).
 * https://gateway-api.sigs.k8s.io/geps/gep-713/
 */
export const targetRefs: Rule = (value) =>
  findFields(value, TARGET_REFS).flatMap(({ path, value: target }) => {
    const kind = fieldOf(target, 'kind');
    if (typeof kind !== 'string' || !Object.hasOwn(GROUPS, kind)) return [];
    return [
      ...checkGroup(path, target, kind),
      ...checkName(path, target, kind),
      ...checkSection(path, target, kind),
    ];
  });

function checkGroup(path: FieldPath, target: unknown, kind: string): Finding[] {
  const group = fieldOf(target, 'group');
  const groups = GROUPS[kind]!;
  if (group === undefined || groups.includes(String(group))) return [];
  const expected = groups
    .filter((name) => name !== 'core')
    .map(quote)
    .join(' or ');
  return [error([...path, 'group'], `expected ${expected} for kind ${kind}, got ${quote(String(group))}`)];
}

function checkName(path: FieldPath, target: unknown, kind: string): Finding[] {
  const name = fieldOf(target, 'name');
  if (kind === 'VirtualHost' || typeof name !== 'string' || /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name))
    return [];
  return [error([...path, 'name'], `expected the name of a ${kind}, got ${quote(name)}`)];
}

function checkSection(path: FieldPath, target: unknown, kind: string): Finding[] {
  if (fieldOf(target, 'sectionName') === undefined || KINDS_WITH_SECTIONS.includes(kind)) return [];
  const message = `expected no sectionName beside kind ${kind}, whose parts have no routes; name routes in \`match.routes\``;
  return [error([...path, 'sectionName'], message)];
}
