import type {
  FieldMatch,
  ForwardAction,
  PathMatch,
  RouteMatch,
  WeightedBackend,
} from '../plan/routing-plan.ts';
import { fieldPattern } from '../policy/field-path.ts';
import { durationMillis } from '../policy/fields/duration.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import type { PolicyDocument } from '../policy/policy-document.ts';
import type { Origin, ParentReference, PolicyBackend, PolicyRoute } from '../policy/routing.ts';
import { exactlyOneField } from '../policy/rules/exactly-one-field.ts';
import {
  istioMeshMatches,
  istioRedirectCodes,
  istioRetryConditions,
  istioRewriteGroups,
  istioRoutes,
  istioUnknownSources,
} from '../policy/rules/istio-routes.ts';
import { notBothFields } from '../policy/rules/not-both-fields.ts';
import { notHonoured } from '../policy/rules/not-honoured.ts';
import { refusedFields } from '../policy/rules/refused-fields.ts';
import { uniqueNames } from '../policy/rules/unique-names.ts';
import { createdAt } from './created-at.ts';
import { composeEdits } from './header-edits.ts';
import { istioHost } from './istio-host.ts';
import type { IstioDestination, IstioHeaders, IstioStringMatch } from './istio-parts-schema.ts';
import {
  istioCors,
  istioEdits,
  istioFault,
  istioRedirect,
  istioRetries,
  millionths,
} from './istio-route-parts.ts';
import {
  ISTIO_VIRTUAL_SERVICE,
  type IstioHttpRoute,
  type IstioMatch,
  type IstioVirtualService,
  type IstioWeighted,
  istioVirtualServiceSchema,
} from './istio-virtual-service-schema.ts';
import { definePolicyKind } from './policy-kind.ts';

const STRING_MATCHES = ['uri', 'scheme', 'method', 'authority'].map((name) =>
  fieldPattern(`spec.http[].match[].${name}`),
);
const ONE_COMPARISON = ['exact', 'prefix', 'regex'];

/** Istio's routes; docs/policies/istio-virtual-service.md says what each field means here. */
export const istioVirtualService = definePolicyKind<IstioVirtualService>({
  ...ISTIO_VIRTUAL_SERVICE,
  schema: istioVirtualServiceSchema,
  rules: [
    istioRoutes,
    istioRetryConditions,
    istioRedirectCodes,
    istioUnknownSources,
    istioMeshMatches,
    istioRewriteGroups,
    exactlyOneField(STRING_MATCHES, ONE_COMPARISON),
    exactlyOneField([fieldPattern('spec.http[].corsPolicy.allowOrigins[]')], ONE_COMPARISON),
    exactlyOneField([fieldPattern('spec.http[].fault.abort')], ['httpStatus', 'grpcStatus', 'http2Error']),
    uniqueNames(fieldPattern('spec.http[].name'), 'route of this VirtualService'),
    notBothFields(fieldPattern('spec.http[]'), 'mirror', 'mirrors'),
    notBothFields(fieldPattern('spec.http[]'), 'mirrorPercent', 'mirrorPercentage'),
    notBothFields(fieldPattern('spec.http[].corsPolicy'), 'allowOrigin', 'allowOrigins'),
    notBothFields(fieldPattern('spec.http[].fault.delay'), 'percent', 'percentage'),
    notBothFields(fieldPattern('spec.http[].rewrite'), 'uri', 'uriRegexRewrite'),
    refusedFields([
      { field: 'spec.tcp', message: 'expected http routes only, got tcp: Sluice routes HTTP requests' },
      { field: 'spec.tls', message: 'expected http routes only, got tls: Sluice routes HTTP requests' },
      {
        field: 'spec.http[].delegate',
        message: 'expected route, redirect or directResponse, got delegate: Sluice does not follow delegates',
      },
      {
        field: 'spec.http[].fault.delay.exponentialDelay',
        message: 'expected fixedDelay, got exponentialDelay, which Envoy does not have',
      },
      {
        field: 'spec.http[].fault.abort.http2Error',
        message: 'expected httpStatus or grpcStatus, got http2Error, which Envoy does not have',
      },
      {
        field: 'spec.http[].directResponse.body.bytes',
        message: 'expected `string`, got `bytes`: Sluice answers with text',
      },
    ]),
    notHonoured([
      {
        field: 'spec.http[].match[].port',
        message: 'expected no port, since all gateways are one listener here: the match holds for each port',
      },
      {
        field: 'spec.http[].match[].statPrefix',
        message: 'expected no statPrefix, which has no effect here',
      },
      {
        field: 'spec.http[].retries.retryRemoteLocalities',
        message: 'expected no retryRemoteLocalities, which has no effect here',
        except: [false],
      },
      {
        field: 'spec.exportTo',
        message: 'expected no exportTo, which has no effect here: whoever calls the host is served',
      },
    ]),
  ],
  toPolicy: (service, document) => ({ routing: { tables: [routeTable(service, document)] } }),
});

function routeTable({ metadata, spec }: IstioVirtualService, document: PolicyDocument) {
  const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
  const gateways = (spec.gateways ?? [])
    .map((name, at) => ({ name, at }))
    .filter(({ name }) => name !== 'mesh');
  const parents = gateways.map(({ name, at }): ParentReference => {
    const [first, second] = name.split('/') as [string, string | undefined];
    return {
      api: 'networking.istio.io',
      namespace: second === undefined ? namespace : first,
      name: second ?? first,
      origin: { document, path: ['spec', 'gateways', at] },
    };
  });
  return {
    kind: 'VirtualService' as const,
    namespace,
    name: metadata.name,
    origin: { document, path: ['spec'] },
    createdAt: createdAt(metadata),
    hosts: spec.hosts.map((host, at) => ({
      ...istioHost(host, namespace),
      origin: { document, path: ['spec', 'hosts', at] },
    })),
    ...(parents.length > 0 && { parents }),
    ...((spec.gateways ?? ['mesh']).includes('mesh') && { isForMesh: true as const }),
    listeners: ['external' as const, 'local' as const],
    routes: (spec.http ?? []).flatMap((route, at) =>
      httpRoutes(
        route,
        { namespace, isOnGateway: parents.length > 0, defaultName: `${namespace}/${metadata.name}/${at}` },
        { document, path: ['spec', 'http', at] },
      ),
    ),
  };
}

interface RouteContext {
  namespace: string;
  isOnGateway: boolean;
  defaultName: string;
}

/** One route a match: each of them is enough. */
function httpRoutes(route: IstioHttpRoute, context: RouteContext, origin: Origin): PolicyRoute[] {
  const matches: (IstioMatch | undefined)[] =
    route.match === undefined || route.match.length === 0 ? [undefined] : route.match;
  return matches.flatMap((match) => {
    if (match !== undefined && !canHold(match, context)) return [];
    const routeMatch = matchOf(match);
    const matchName = route.name !== undefined && match?.name !== undefined ? `.${match.name}` : '';
    return [
      {
        // As Istio names Envoy's routes.
        name: route.name === undefined ? context.defaultName : `${route.name}${matchName}`,
        ...(route.name !== undefined && { section: route.name, istioName: `${route.name}${matchName}` }),
        origin,
        match: routeMatch,
        ...actionOf(route, routeMatch.path, context, origin),
        ...(route.corsPolicy !== undefined && { cors: istioCors(route.corsPolicy) }),
        ...(route.fault !== undefined && { fault: istioFault(route.fault) }),
      },
    ];
  });
}

/** A match for sidecars alone does not hold at a gateway, nor one for callers that are not known here. */
function canHold(
  { gateways, sourceLabels, sourceNamespace }: IstioMatch,
  { isOnGateway }: RouteContext,
): boolean {
  if (sourceLabels !== undefined || sourceNamespace !== undefined) return false;
  if (gateways === undefined || gateways.length === 0) return true;
  return isOnGateway ? gateways.some((name) => name !== 'mesh') : gateways.includes('mesh');
}

function matchOf(match: IstioMatch = {}): RouteMatch {
  const pseudo = (name: string, compared: IstioStringMatch | undefined) =>
    compared === undefined ? [] : [fieldMatch(name, compared)];
  return {
    path: pathMatch(match.uri, match.ignoreUriCase === true),
    headers: [
      ...pseudo(':method', match.method),
      ...pseudo(':scheme', match.scheme),
      ...pseudo(':authority', match.authority),
      ...Object.entries(match.headers ?? {}).map(([name, compared]) =>
        fieldMatch(name.toLowerCase(), compared),
      ),
      ...Object.entries(match.withoutHeaders ?? {}).map(([name, compared]) => ({
        ...fieldMatch(name.toLowerCase(), compared),
        invert: true as const,
      })),
    ],
    query: Object.entries(match.queryParams ?? {}).map(([name, compared]) => fieldMatch(name, compared)),
  };
}

function pathMatch(uri: IstioStringMatch | undefined, ignoreCase: boolean): PathMatch {
  if (uri === undefined) return { is: 'prefix', value: '/' };
  const caseless = ignoreCase ? { ignoreCase: true as const } : {};
  if (uri.exact !== undefined) return { is: 'exact', value: uri.exact, ...caseless };
  if (uri.prefix !== undefined) return { is: 'prefix', value: uri.prefix, ...caseless };
  return { is: 'regex', value: ignoreCase ? `(?i:${uri.regex})` : uri.regex! };
}

/** Without a comparison: it is there. */
function fieldMatch(name: string, { exact, prefix, regex }: IstioStringMatch): FieldMatch {
  if (exact !== undefined) return { name, is: 'exact', value: exact };
  if (prefix !== undefined) return { name, is: 'prefix', value: prefix };
  if (regex !== undefined) return { name, is: 'regex', value: regex };
  return { name, is: 'present', value: '' };
}

function actionOf(
  route: IstioHttpRoute,
  path: PathMatch,
  context: RouteContext,
  origin: Origin,
): Pick<PolicyRoute, 'action' | 'response'> {
  const response = istioEdits(route.headers?.response);
  if (route.redirect !== undefined) return { action: istioRedirect(route.redirect), response };
  if (route.directResponse !== undefined) {
    const { status, body } = route.directResponse;
    return {
      action: { kind: 'answer', status, ...(body?.string !== undefined && { body: body.string }) },
      response,
    };
  }
  return { action: forward(route, path, context, origin) };
}

function forward(
  route: IstioHttpRoute,
  path: PathMatch,
  { namespace }: RouteContext,
  origin: Origin,
): ForwardAction<PolicyBackend> {
  const destinations = route.route!;
  const { rewrite, timeout, retries, mirror } = route;
  const all = route.mirrorPercentage?.value ?? route.mirrorPercent ?? 100;
  const mirrors = [
    ...(mirror === undefined ? [] : [{ destination: mirror, percent: all, at: ['mirror'] }]),
    ...(route.mirrors ?? []).map((each, at) => ({
      destination: each.destination,
      percent: each.percentage?.value ?? 100,
      at: ['mirrors', at, 'destination'],
    })),
  ];
  return {
    kind: 'forward',
    backends: destinations.flatMap((each, at) => {
      const weight = destinations.length === 1 ? 1 : (each.weight ?? 0);
      if (weight === 0) return [];
      const place = { ...origin, path: [...origin.path, 'route', at, 'destination'] };
      return [weightedBackend(each, weight, route, namespace, place)];
    }),
    // https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute: "Default is disabled."
    timeoutMillis: timeout === undefined ? 0 : durationMillis(timeout),
    ...(retries !== undefined && retries.attempts > 0 && { retries: istioRetries(retries) }),
    ...(mirrors.length > 0 && {
      mirrors: mirrors.map(({ destination, percent, at }) => ({
        backend: backendOf(destination, namespace, { ...origin, path: [...origin.path, ...at] }),
        millionths: millionths(percent),
      })),
    }),
    ...(rewrite?.uri !== undefined && {
      rewrite:
        path.is === 'regex'
          ? { replace: 'full' as const, with: rewrite.uri }
          : { replace: 'prefix' as const, with: rewrite.uri },
    }),
    ...(rewrite?.uriRegexRewrite !== undefined && {
      rewrite: {
        replace: 'regex' as const,
        expression: rewrite.uriRegexRewrite.match,
        with: rewrite.uriRegexRewrite.rewrite,
      },
    }),
  };
}

function weightedBackend(
  each: IstioWeighted,
  weight: number,
  route: IstioHttpRoute,
  namespace: string,
  origin: Origin,
): WeightedBackend<PolicyBackend> {
  const authority = authorityOf(each.headers) ?? authorityOf(route.headers) ?? route.rewrite?.authority;
  return {
    backend: backendOf(each.destination, namespace, origin),
    weight,
    request: composeEdits(istioEdits(route.headers?.request), istioEdits(each.headers?.request)),
    response: composeEdits(istioEdits(route.headers?.response), istioEdits(each.headers?.response)),
    ...(authority !== undefined && { hostRewrite: authority }),
  };
}

/** Setting the authority is a rewrite of it. */
function authorityOf(headers: IstioHeaders | undefined): string | undefined {
  const set = Object.entries(headers?.request?.set ?? {});
  return set.find(([name]) => name.toLowerCase() === 'host' || name === ':authority')?.[1];
}

function backendOf(
  { host, subset, port }: IstioDestination,
  namespace: string,
  origin: Origin,
): PolicyBackend {
  return {
    host: istioHost(host, namespace).host,
    ...(port !== undefined && { port: port.number }),
    ...(subset !== undefined && { subset }),
    origin,
  };
}
