import type { z } from 'zod';
import type { PathMatch, RouteMatch } from '../plan/routing-plan.ts';
import { parseDuration } from '../policy/fields/duration.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { anyText, list, object } from '../policy/fields/object.ts';
import { gatewayTimeouts } from '../policy/rules/gateway-filters.ts';
import {
  GATEWAY_API,
  headerMatch,
  hostnames,
  methodName,
  parentRefs,
  pathMatch,
  queryMatch,
  retry,
  ruleFields,
  timeouts,
} from './gateway-api-parts-schema.ts';
import {
  EVERY_PATH,
  gatewayFieldMatch,
  gatewayRouteRules,
  gatewayRules,
  gatewayTables,
} from './gateway-api-route.ts';
import { definePolicyKind } from './policy-kind.ts';

const HTTP_ROUTE = {
  group: GATEWAY_API,
  versions: ['v1', 'v1beta1', 'v1alpha2'],
  kind: 'HTTPRoute',
} as const;

const match = object({
  path: pathMatch.optional(),
  headers: list(headerMatch, { most: 16 }).optional(),
  queryParams: list(queryMatch, { most: 16 }).optional(),
  method: methodName.optional(),
});
type HttpMatch = z.output<typeof match>;

const schema = kubernetesObject(
  HTTP_ROUTE,
  object({
    parentRefs: parentRefs.optional(),
    hostnames: hostnames.optional(),
    rules: list(
      object({
        ...ruleFields,
        matches: list(match, { most: 128 }).optional(),
        timeouts: timeouts.optional(),
        retry: retry.optional(),
      }),
      { most: 128 },
    ).optional(),
    useDefaultGateways: anyText().optional(),
  }),
);

/** Gateway API's routes for HTTP; docs/policies/gateway-api.md says what each field means here. */
export const gatewayHttpRoute = definePolicyKind<z.output<typeof schema>>({
  ...HTTP_ROUTE,
  schema,
  rules: [...gatewayRouteRules('HTTPRoute'), gatewayTimeouts(parseDuration)],
  toPolicy: (route, document) => ({
    routing: {
      tables: gatewayTables('HTTPRoute', route, gatewayRules(route.spec.rules, routeMatch), document),
    },
  }),
});

function routeMatch({ path, headers = [], queryParams = [], method }: HttpMatch): RouteMatch {
  return {
    path: pathOf(path),
    headers: [
      ...(method === undefined ? [] : [{ name: ':method', is: 'exact' as const, value: method }]),
      ...headers.map((each) => gatewayFieldMatch(each, true)),
    ],
    query: queryParams.map((each) => gatewayFieldMatch(each, false)),
  };
}

function pathOf(path: HttpMatch['path']): PathMatch {
  if (path === undefined) return EVERY_PATH;
  const { type = 'PathPrefix', value = '/' } = path;
  if (type === 'Exact') return { is: 'exact', value };
  if (type === 'RegularExpression') return { is: 'regex', value };
  return { is: 'segments', value };
}
