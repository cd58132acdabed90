import { quote } from '../describe-value.ts';
import { type FieldPath, fieldOf, fieldPattern, findFields } from '../field-path.ts';
import { error, type Finding, type Rule, warning } from '../rule.ts';

const FIELDS: Record<string, string> = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  RequestMirror: 'requestMirror',
  CORS: 'cors',
  ExtensionRef: 'extensionRef',
  ExternalAuth: 'externalAuth',
};
const NOT_READ = ['ExtensionRef', 'ExternalAuth'];
const PER_BACKEND = ['RequestHeaderModifier', 'ResponseHeaderModifier'];
const OF_GRPC = ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestMirror'];

const RULES = fieldPattern('spec.rules[]');
const MODIFIERS = ['spec.rules[].filters[]', 'spec.rules[].backendRefs[].filters[]'].flatMap((place) =>
  ['requestHeaderModifier', 'responseHeaderModifier'].map((name) => fieldPattern(`${place}.${name}`)),
);
const NAMED_LISTS = ['spec.rules[].matches[].headers', 'spec.rules[].matches[].queryParams'].map(
  fieldPattern,
);

/** https://gateway-api.sigs.k8s.io/reference/spec/#httproutefilter */
export function gatewayFilters(kind: 'HTTPRoute' | 'GRPCRoute'): Rule {
  return (value) =>
    findFields(value, RULES).flatMap(({ path, value: rule }) => [
      ...checkFilters(fieldOf(rule, 'filters'), [...path, 'filters'], kind, false),
      ...items(fieldOf(rule, 'backendRefs')).flatMap((backend, at) =>
        checkFilters(fieldOf(backend, 'filters'), [...path, 'backendRefs', at, 'filters'], kind, true),
      ),
      ...checkTogether(rule, path),
    ]);
}

function items(list: unknown): unknown[] {
  return Array.isArray(list) ? list : [];
}

function checkFilters(filters: unknown, path: FieldPath, kind: string, isOfBackend: boolean): Finding[] {
  const seen = new Set<string>();
  return items(filters).flatMap((filter, at) => {
    const type = fieldOf(filter, 'type');
    const place = [...path, at];
    if (typeof type !== 'string' || !Object.hasOwn(FIELDS, type)) return [];
    if (NOT_READ.includes(type)) {
      return [
        error(
          [...place, 'type'],
          `expected a filter that Sluice has, got ${type}: without it the route would do something else`,
        ),
      ];
    }
    if (kind === 'GRPCRoute' && !OF_GRPC.includes(type)) {
      return [error([...place, 'type'], `expected one of ${OF_GRPC.join(', ')} in a GRPCRoute, got ${type}`)];
    }
    if (isOfBackend && !PER_BACKEND.includes(type)) {
      return [
        error(
          [...place, 'type'],
          `expected one of ${PER_BACKEND.join(', ')} at a backend, got ${type}; it stands at the rule`,
        ),
      ];
    }
    const field = FIELDS[type]!;
    const findings: Finding[] = [];
    if (fieldOf(filter, field) === undefined) {
      findings.push(error(place, `expected the field ${field} beside type ${type}, got none`));
    }
    for (const other of Object.values(FIELDS)) {
      if (other === field || fieldOf(filter, other) === undefined) continue;
      findings.push(error([...place, other], `expected only ${field} beside type ${type}, got ${other}`));
    }
    if (type !== 'RequestMirror' && seen.has(type)) {
      findings.push(error([...place, 'type'], `expected each filter once, got ${type} again`));
    }
    seen.add(type);
    return findings;
  });
}

/** A redirect answers by itself; a prefix can only be replaced where one is matched. */
function checkTogether(rule: unknown, path: FieldPath): Finding[] {
  const filters = items(fieldOf(rule, 'filters'));
  const types = filters.map((filter) => fieldOf(filter, 'type'));
  const findings: Finding[] = [];
  if (types.includes('RequestRedirect')) {
    if (items(fieldOf(rule, 'backendRefs')).length > 0) {
      findings.push(
        error([...path, 'backendRefs'], 'expected no backendRefs beside RequestRedirect, got some'),
      );
    }
    const rewrite = types.indexOf('URLRewrite');
    if (rewrite !== -1) {
      findings.push(
        error([...path, 'filters', rewrite], 'expected either RequestRedirect or URLRewrite, got both'),
      );
    }
  }
  const matches = items(fieldOf(rule, 'matches'));
  filters.forEach((filter, at) => {
    for (const field of ['requestRedirect', 'urlRewrite']) {
      const modifier = fieldOf(fieldOf(filter, field), 'path');
      if (modifier === undefined) continue;
      const place = [...path, 'filters', at, field, 'path'];
      const type = fieldOf(modifier, 'type');
      const wanted = type === 'ReplaceFullPath' ? 'replaceFullPath' : 'replacePrefixMatch';
      const other = type === 'ReplaceFullPath' ? 'replacePrefixMatch' : 'replaceFullPath';
      if (fieldOf(modifier, wanted) === undefined || fieldOf(modifier, other) !== undefined) {
        findings.push(error(place, `expected ${wanted} alone beside type ${String(type)}`));
      }
      const hasPrefix = (match: unknown) =>
        (fieldOf(fieldOf(match, 'path'), 'type') ?? 'PathPrefix') === 'PathPrefix';
      if (type === 'ReplacePrefixMatch' && !matches.every(hasPrefix)) {
        findings.push(
          error([...place, 'type'], 'expected only matches of type PathPrefix beside ReplacePrefixMatch'),
        );
      }
    }
  });
  return findings;
}

/** Within one modifier a header is set, added or removed, and that once. */
export const gatewayHeaderNames: Rule = (value) =>
  MODIFIERS.flatMap((pattern) => findFields(value, pattern)).flatMap(({ path, value: modifier }) => {
    const seen = new Set<string>();
    const findings: Finding[] = [];
    const lists = ['set', 'add', 'remove'].map((name) => items(fieldOf(modifier, name)));
    if (lists.every((list) => list.length === 0)) {
      findings.push(error(path, 'expected at least one of set, add, remove, got none'));
    }
    ['set', 'add', 'remove'].forEach((list, index) => {
      lists[index]!.forEach((item, at) => {
        const name = list === 'remove' ? item : fieldOf(item, 'name');
        if (typeof name !== 'string') return;
        if (seen.has(name.toLowerCase())) {
          const message = `expected each header once (names are compared without case), got ${quote(name)} again`;
          findings.push(error([...path, list, at], message));
        }
        seen.add(name.toLowerCase());
      });
    });
    return findings;
  });

/** Header names of one match have no case; of a name that stands twice one value would never count. */
export const gatewayMatchNames: Rule = (value) =>
  NAMED_LISTS.flatMap((pattern) => findFields(value, pattern)).flatMap(({ path, value: list }) => {
    const isHeader = path.at(-1) === 'headers';
    const seen = new Set<string>();
    return items(list).flatMap((item, at) => {
      const name = fieldOf(item, 'name');
      if (typeof name !== 'string') return [];
      const identity = isHeader ? name.toLowerCase() : name;
      if (!seen.has(identity)) {
        seen.add(identity);
        return [];
      }
      return [error([...path, at, 'name'], `expected each name once, got ${quote(name)} again`)];
    });
  });

const BACKENDS = ['spec.rules[].backendRefs[]', 'spec.rules[].filters[].requestMirror.backendRef'].map(
  fieldPattern,
);

/**
 * Groups of what Sluice can send requests to. A Hostname is Istio's own:
 * https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/
 */
const BACKEND_GROUPS: Record<string, readonly string[]> = {
  Service: ['', 'core'],
  Hostname: ['networking.istio.io'],
};

/** Services and hosts, by a port. */
export const gatewayBackends: Rule = (value) => [
  ...BACKENDS.flatMap((pattern) => findFields(value, pattern)).flatMap(({ path, value: backend }) => {
    const kind = String(fieldOf(backend, 'kind') ?? 'Service');
    const group = String(fieldOf(backend, 'group') ?? '');
    if (!Object.hasOwn(BACKEND_GROUPS, kind)) {
      const message = `expected Service or Hostname, got ${quote(kind)}: Sluice knows no other backend`;
      return [error([...path, 'kind'], message)];
    }
    const groups = BACKEND_GROUPS[kind]!;
    if (!groups.includes(group)) {
      const message = `expected ${quote(groups[0]!)} for kind ${kind}, got ${quote(group)}`;
      return [error([...path, 'group'], message)];
    }
    if (fieldOf(backend, 'port') !== undefined) return [];
    return [error(path, `expected a port beside a ${kind}, got none`)];
  }),
  ...findFields(value, RULES).flatMap(({ path, value: rule }) => {
    const backends = items(fieldOf(rule, 'backendRefs'));
    const weights = backends.map((backend) => fieldOf(backend, 'weight') ?? 1);
    if (backends.length > 0 && weights.every((weight) => weight === 0)) {
      const message = 'expected weights with a sum above 0, got 0: no request would go anywhere';
      return [error([...path, 'backendRefs'], message)];
    }
    const answers = items(fieldOf(rule, 'filters')).some(
      (filter) => fieldOf(filter, 'type') === 'RequestRedirect',
    );
    if (backends.length > 0 || answers) return [];
    return [
      warning(path, 'expected a backend or a redirect, got none: all its requests are answered with 500'),
    ];
  }),
];

const TIMEOUTS = fieldPattern('spec.rules[].timeouts');
const PARENTS = fieldPattern('spec');

/** A request is not over before its last try is. */
export function gatewayTimeouts(millis: (text: string) => number | undefined): Rule {
  return (value) =>
    findFields(value, TIMEOUTS).flatMap(({ path, value: timeouts }) => {
      const [request, backend] = ['request', 'backendRequest'].map((name) => {
        const text = fieldOf(timeouts, name);
        return typeof text === 'string' ? millis(text) : undefined;
      });
      if (!request || !backend || backend <= request) return [];
      return [error([...path, 'backendRequest'], 'expected a time that is not above that of `request`')];
    });
}

export const gatewayParents: Rule = (value) =>
  findFields(value, PARENTS).flatMap(({ path, value: spec }) => {
    const parents = items(fieldOf(spec, 'parentRefs'));
    if (parents.length === 0)
      return [warning(path, 'expected parentRefs, got none: the route is served nowhere')];
    return parents.flatMap((parent, at) => {
      const kind = fieldOf(parent, 'kind') ?? 'Gateway';
      const group = fieldOf(parent, 'group') ?? (kind === 'Service' ? '' : 'gateway.networking.k8s.io');
      const expected = kind === 'Service' ? ['', 'core'] : ['gateway.networking.k8s.io'];
      if (expected.includes(String(group))) return [];
      const place = [...path, 'parentRefs', at, 'group'];
      return [
        error(place, `expected ${quote(expected[0]!)} for kind ${String(kind)}, got ${quote(String(group))}`),
      ];
    });
  });
