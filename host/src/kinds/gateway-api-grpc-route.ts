import type { z } from 'zod';
import type { PathMatch, RouteMatch } from '../plan/routing-plan.ts';
import { kubernetesObject } from '../policy/fields/kubernetes-object.ts';
import { anyText, list, object, oneOf } from '../policy/fields/object.ts';
import { envoyExpression } from '../policy/fields/routing.ts';
import { grpcMethods } from '../policy/rules/grpc-methods.ts';
import { GATEWAY_API, headerMatch, hostnames, parentRefs, ruleFields } from './gateway-api-parts-schema.ts';
import {
  EVERY_PATH,
  gatewayFieldMatch,
  gatewayRouteRules,
  gatewayRules,
  gatewayTables,
} from './gateway-api-route.ts';
import { definePolicyKind } from './policy-kind.ts';

const GRPC_ROUTE = { group: GATEWAY_API, versions: ['v1', 'v1alpha2'], kind: 'GRPCRoute' } as const;

const match = object({
  method: object({
    type: oneOf(['Exact', 'RegularExpression']).optional(),
    service: envoyExpression().optional(),
    method: envoyExpression().optional(),
  }).optional(),
  headers: list(headerMatch, { most: 16 }).optional(),
});
type GrpcMatch = z.output<typeof match>;

const schema = kubernetesObject(
  GRPC_ROUTE,
  object({
    parentRefs: parentRefs.optional(),
    hostnames: hostnames.optional(),
    rules: list(object({ ...ruleFields, matches: list(match, { most: 128 }).optional() }), {
      most: 128,
    }).optional(),
    useDefaultGateways: anyText().optional(),
  }),
);

/** Gateway API's routes for gRPC; docs/policies/gateway-api.md says what each field means here. */
export const gatewayGrpcRoute = definePolicyKind<z.output<typeof schema>>({
  ...GRPC_ROUTE,
  schema,
  rules: [...gatewayRouteRules('GRPCRoute'), grpcMethods],
  toPolicy: (route, document) => ({
    routing: {
      tables: gatewayTables('GRPCRoute', route, gatewayRules(route.spec.rules, routeMatch), document),
    },
  }),
});

function routeMatch({ method, headers = [] }: GrpcMatch): RouteMatch {
  return {
    path: pathOf(method),
    headers: headers.map((each) => gatewayFieldMatch(each, true)),
    query: [],
  };
}

/** gRPC calls are requests for `/service/method`. */
function pathOf(call: GrpcMatch['method']): PathMatch {
  if (call === undefined) return EVERY_PATH;
  const { type = 'Exact', service, method } = call;
  if (type === 'Exact' && service !== undefined) {
    return method === undefined
      ? { is: 'prefix', value: `/${service}/` }
      : { is: 'exact', value: `/${service}/${method}` };
  }
  return { is: 'regex', value: `/${service ?? '[^/]+'}/${method ?? '[^/]+'}` };
}
