import type {
  CorsPolicy,
  FieldMatch,
  ForwardAction,
  HeaderEdits,
  PathMatch,
  PathRewrite,
  RedirectAction,
  RouteMatch,
} from '../plan/routing-plan.ts';
import { fieldPattern } from '../policy/field-path.ts';
import { durationMillis } from '../policy/fields/duration.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import type { PolicyDocument } from '../policy/policy-document.ts';
import type { Origin, PolicyBackend, PolicyRoute, RouteTable } from '../policy/routing.ts';
import type { Rule } from '../policy/rule.ts';
import {
  gatewayBackends,
  gatewayFilters,
  gatewayHeaderNames,
  gatewayMatchNames,
  gatewayParents,
} from '../policy/rules/gateway-filters.ts';
import { notHonoured } from '../policy/rules/not-honoured.ts';
import { uniqueNames } from '../policy/rules/unique-names.ts';
import { serviceHost } from '../policy/service-host.ts';
import { createdAt } from './created-at.ts';
import {
  GATEWAY_API,
  type GatewayBackend,
  type GatewayBackendRef,
  type GatewayCors,
  type GatewayFieldMatch,
  type GatewayFilter,
  type GatewayHeaderModifier,
  type GatewayParentRefs,
  type GatewayPathModifier,
  type GatewayRedirect,
} from './gateway-api-parts-schema.ts';
import { composeEdits, headerValues, NO_EDITS } from './header-edits.ts';

type Kind = 'HTTPRoute' | 'GRPCRoute';

/** What both kinds of route have. */
interface GatewayRoute {
  metadata: { name: string; namespace?: string | undefined; creationTimestamp?: unknown };
  spec: { parentRefs?: GatewayParentRefs | undefined; hostnames?: string[] | undefined };
}

/** A rule of either kind, its matches already in common words. */
export interface GatewayRule {
  name?: string | undefined;
  matches: RouteMatch[];
  filters?: GatewayFilter[] | undefined;
  backendRefs?: GatewayBackendRef[] | undefined;
  timeouts?: { request?: string | undefined; backendRequest?: string | undefined } | undefined;
  retry?:
    | { codes?: number[] | undefined; attempts?: number | undefined; backoff?: string | undefined }
    | undefined;
}

/** What is checked in both kinds. */
export function gatewayRouteRules(kind: Kind): Rule[] {
  return [
    gatewayFilters(kind),
    gatewayHeaderNames,
    gatewayMatchNames,
    gatewayBackends,
    gatewayParents,
    uniqueNames(fieldPattern('spec.rules[].name'), `rule of this ${kind}`),
    notHonoured([
      {
        field: 'spec.rules[].sessionPersistence',
        message: 'expected no sessionPersistence, which has no effect here',
      },
      {
        field: 'spec.useDefaultGateways',
        message: 'expected parentRefs, got useDefaultGateways, which has no effect here',
      },
    ]),
  ];
}

/**
 * Rules with their matches in common words. Without rules there is one, and without matches one that takes every request:
 * https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec
 */
export function gatewayRules<Match, Rest extends Omit<GatewayRule, 'matches'>>(
  rules: readonly (Rest & { matches?: Match[] | undefined })[] | undefined,
  routeMatch: (match: Partial<Match>) => RouteMatch,
): GatewayRule[] {
  return (rules ?? [{} as Rest & { matches?: Match[] }]).map(({ matches = [], ...rule }) => ({
    ...rule,
    matches: matches.length === 0 ? [routeMatch({})] : matches.map(routeMatch),
  }));
}

/** The tables of a route: one for its gateways, one for the services whose callers it is for. */
export function gatewayTables(
  kind: Kind,
  { metadata, spec }: GatewayRoute,
  rules: readonly GatewayRule[],
  document: PolicyDocument,
): RouteTable[] {
  const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
  const refs = (spec.parentRefs ?? []).map((ref, at) => ({
    ...ref,
    namespace: ref.namespace ?? namespace,
    origin: { document, path: ['spec', 'parentRefs', at] },
  }));
  const services = refs.filter((ref) => ref.kind === 'Service');
  const gateways = refs.filter((ref) => ref.kind !== 'Service');
  const context = { kind, namespace };
  const routes = rules.flatMap((rule, at) =>
    ruleRoutes(
      rule,
      {
        name: `${namespace}/${metadata.name}/${rule.name ?? at}`,
        istioName: rule.name ?? `${namespace}.${metadata.name}.${at}`,
      },
      { document, path: ['spec', 'rules', at] },
      context,
    ),
  );
  const common = {
    kind,
    namespace,
    name: metadata.name,
    origin: { document, path: ['spec'] },
    createdAt: createdAt(metadata),
    listeners: ['external' as const, 'local' as const],
    routes,
  };
  const tables: RouteTable[] = [];
  if (gateways.length > 0 || services.length === 0) {
    tables.push({
      ...common,
      hosts: (spec.hostnames ?? []).map((host, at) => ({
        host: host.toLowerCase(),
        withForms: false,
        origin: { document, path: ['spec', 'hostnames', at] },
      })),
      parents: gateways.map(({ name, namespace: of, sectionName, port, origin }) => ({
        api: GATEWAY_API,
        namespace: of,
        name,
        ...(sectionName !== undefined && { section: sectionName }),
        ...(port !== undefined && { port }),
        origin,
      })),
    });
  }
  // https://gateway-api.sigs.k8s.io/mesh/: a route whose parent is a service is for calls of that service.
  if (services.length > 0) {
    tables.push({
      ...common,
      hosts: services.map(({ name, namespace: of, origin }) => ({
        host: serviceHost(name, of),
        withForms: true,
        origin,
      })),
      isForMesh: true,
    });
  }
  return tables;
}

interface Context {
  kind: Kind;
  namespace: string;
}

function ruleRoutes(
  rule: GatewayRule,
  names: Pick<PolicyRoute, 'name' | 'istioName'>,
  origin: Origin,
  context: Context,
): PolicyRoute[] {
  const action = actionOf(rule, origin, context);
  const cors = filterOf(rule.filters, 'CORS')?.cors;
  return rule.matches.map((match) => ({
    ...names,
    ...(rule.name !== undefined && { section: rule.name }),
    origin,
    match,
    ...action,
    ...(cors !== undefined && { cors: corsPolicy(cors) }),
  }));
}

function filterOf(filters: readonly GatewayFilter[] | undefined, type: GatewayFilter['type']) {
  return filters?.find((filter) => filter.type === type);
}

function actionOf(
  rule: GatewayRule,
  origin: Origin,
  context: Context,
): Pick<PolicyRoute, 'action' | 'response'> {
  const redirect = filterOf(rule.filters, 'RequestRedirect')?.requestRedirect;
  const response = modifierEdits(filterOf(rule.filters, 'ResponseHeaderModifier')?.responseHeaderModifier);
  if (redirect !== undefined) return { action: redirectOf(redirect), response };
  // https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule (backendRefs)
  if ((rule.backendRefs ?? []).length === 0) return { action: { kind: 'answer', status: 500 }, response };
  return { action: forward(rule, response, origin, context) };
}

function forward(
  { filters, backendRefs = [], timeouts, retry }: GatewayRule,
  response: HeaderEdits,
  origin: Origin,
  context: Context,
): ForwardAction<PolicyBackend> {
  const request = modifierEdits(filterOf(filters, 'RequestHeaderModifier')?.requestHeaderModifier);
  const rewrite = filterOf(filters, 'URLRewrite')?.urlRewrite;
  const mirrors = (filters ?? []).flatMap(({ requestMirror }, at) =>
    requestMirror === undefined ? [] : [{ requestMirror, at }],
  );
  return {
    kind: 'forward',
    backends: backendRefs.flatMap((each, at) => {
      const { weight = 1 } = each;
      if (weight === 0) return [];
      const ownRequest = filterOf(each.filters, 'RequestHeaderModifier')?.requestHeaderModifier;
      const ownResponse = filterOf(each.filters, 'ResponseHeaderModifier')?.responseHeaderModifier;
      return [
        {
          backend: backendOf(each, { ...origin, path: [...origin.path, 'backendRefs', at] }, context),
          weight,
          request: composeEdits(request, modifierEdits(ownRequest)),
          response: composeEdits(response, modifierEdits(ownResponse)),
          ...(rewrite?.hostname !== undefined && { hostRewrite: rewrite.hostname.toLowerCase() }),
        },
      ];
    }),
    ...timeoutOf(timeouts, retry !== undefined, context.kind),
    ...(retry !== undefined && {
      retries: {
        attempts: retry.attempts ?? 1,
        on: 'connect-failure,refused-stream,reset-before-request,retriable-status-codes',
        statuses: retry.codes ?? [],
        ...(retry.backoff !== undefined && { backoffMillis: durationMillis(retry.backoff) }),
        ...(timeouts?.backendRequest !== undefined &&
          durationMillis(timeouts.backendRequest) > 0 && {
            perTryTimeoutMillis: durationMillis(timeouts.backendRequest),
          }),
      },
    }),
    ...(mirrors.length > 0 && {
      mirrors: mirrors.map(({ requestMirror: { backendRef, percent, fraction }, at }) => ({
        backend: backendOf(
          backendRef,
          { ...origin, path: [...origin.path, 'filters', at, 'requestMirror', 'backendRef'] },
          context,
        ),
        millionths:
          fraction === undefined
            ? (percent ?? 100) * 10_000
            : Math.min(
                1_000_000,
                Math.round((fraction.numerator * 1_000_000) / (fraction.denominator ?? 100)),
              ),
      })),
    }),
    ...(rewrite?.path !== undefined && { rewrite: pathRewrite(rewrite.path) }),
  };
}

/** Without retries the one try has all the time there is, and the shorter of both counts. gRPC streams may last. */
function timeoutOf(
  timeouts: GatewayRule['timeouts'],
  hasRetries: boolean,
  kind: Kind,
): Pick<ForwardAction, 'timeoutMillis'> {
  const text = hasRetries ? timeouts?.request : (timeouts?.backendRequest ?? timeouts?.request);
  if (text !== undefined) return { timeoutMillis: durationMillis(text) };
  return kind === 'GRPCRoute' ? { timeoutMillis: 0 } : {};
}

function backendOf(
  { kind, name, namespace, port }: GatewayBackend,
  origin: Origin,
  context: Context,
): PolicyBackend {
  const ofNamespace = namespace ?? context.namespace;
  const isHost = kind === 'Hostname';
  return {
    host: isHost ? name : serviceHost(name, ofNamespace),
    ...(port !== undefined && { port }),
    ...(context.kind === 'GRPCRoute' && { protocol: 'h2c' as const }),
    origin,
    // A host is of no namespace.
    ...(!isHost &&
      ofNamespace !== context.namespace && {
        needsGrant: { from: context.kind, fromNamespace: context.namespace, namespace: ofNamespace, name },
      }),
  };
}

function modifierEdits({ set, add, remove = [] }: GatewayHeaderModifier = {}): HeaderEdits {
  const values = (list: { name: string; value: string }[] = []) =>
    list.flatMap(({ name, value }) => headerValues({ [name]: value }));
  if (set === undefined && add === undefined && remove.length === 0) return NO_EDITS;
  return { set: values(set), add: values(add), remove: remove.map((name) => name.toLowerCase()) };
}

function redirectOf({ scheme, hostname, path, port, statusCode }: GatewayRedirect): RedirectAction {
  return {
    kind: 'redirect',
    ...(scheme !== undefined && { scheme }),
    ...(hostname !== undefined && { host: hostname.toLowerCase() }),
    ...(port !== undefined && { port }),
    ...(scheme !== undefined && port === undefined && { impliedPort: true as const }),
    ...(path !== undefined && { path: pathRewrite(path) }),
    status: statusCode ?? 302,
  };
}

/** The field of its type is there: rules/gateway-filters.ts. */
function pathRewrite({ type, replaceFullPath, replacePrefixMatch }: GatewayPathModifier): PathRewrite {
  return type === 'ReplaceFullPath'
    ? { replace: 'full', with: replaceFullPath! }
    : { replace: 'prefix', with: replacePrefixMatch! };
}

/** https://gateway-api.sigs.k8s.io/reference/spec/#httpcorsfilter */
function corsPolicy(cors: GatewayCors): CorsPolicy {
  return {
    origins: (cors.allowOrigins ?? []).map((origin) =>
      origin.includes('*')
        ? { is: 'regex' as const, value: origin.split('*').map(escaped).join('.*') }
        : { is: 'exact' as const, value: origin },
    ),
    methods: cors.allowMethods ?? [],
    headers: cors.allowHeaders ?? [],
    exposeHeaders: cors.exposeHeaders ?? [],
    maxAgeSeconds: cors.maxAge ?? 5,
    ...(cors.allowCredentials !== undefined && { credentials: cors.allowCredentials }),
  };
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

export function gatewayFieldMatch({ type, name, value }: GatewayFieldMatch, isHeader: boolean): FieldMatch {
  return {
    name: isHeader ? name.toLowerCase() : name,
    is: type === 'RegularExpression' ? 'regex' : 'exact',
    value,
  };
}

export const EVERY_PATH: PathMatch = { is: 'segments', value: '/' };
