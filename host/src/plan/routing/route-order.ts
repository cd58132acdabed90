import type { FrontDoor, PolicyRoute, RouteTable } from '../../policy/routing.ts';

/** The routes of one host, each with the object it is of. */
export interface OwnedRoute {
  route: PolicyRoute;
  table: RouteTable;
}

/**
 * Which of several routes that match a request takes it: each source's own rule, and the table in
 * docs/routing.md. Envoy takes the first, so they are sorted here; what a rule leaves open stays in the order
 * of the documents.
 */
const ROUTE_ORDERS: Record<FrontDoor, readonly Measure[]> = {
  // https://github.com/knative/networking/blob/main/pkg/apis/networking/v1alpha1/ingress_types.go (HTTPIngressPath)
  Ingress: [pathLength, headerCount],
  // https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService (http: "The first rule matching an incoming request is used")
  VirtualService: [],
  // https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule (matches)
  HTTPRoute: [exactPath, regexPath, pathLength, methodMatch, headerCount, queryCount],
  // https://gateway-api.sigs.k8s.io/reference/spec/#grpcrouterule (matches)
  GRPCRoute: [serviceLength, methodLength, headerCount],
};

/** More goes first. */
type Measure = (route: PolicyRoute) => number;

/** The routes of all tables of one host, which are of one kind. */
export function orderRoutes(tables: readonly RouteTable[]): OwnedRoute[] {
  const kind = tables[0]!.kind;
  const routes = [...tables]
    .sort(oldestFirst)
    .flatMap((table) => table.routes.map((route) => ({ route, table })));
  // What one VirtualService leaves to its last route must not hide the routes of another.
  // https://istio.io/latest/docs/ops/best-practices/traffic-management/#split-virtual-services
  if (kind === 'VirtualService') {
    return tables.length < 2 ? routes : [...routes].sort((left, right) => rank(left) - rank(right));
  }
  const measures = ROUTE_ORDERS[kind];
  return [...routes].sort((left, right) => {
    for (const measure of measures) {
      const difference = measure(right.route) - measure(left.route);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

/** True for a route that takes every request. */
export function isCatchAll({ match }: Pick<PolicyRoute, 'match'>): boolean {
  const { path, headers, query } = match;
  return (
    path.is !== 'exact' && path.is !== 'regex' && path.value === '/' && headers.length + query.length === 0
  );
}

function rank({ route }: OwnedRoute): number {
  return isCatchAll(route) ? 1 : 0;
}

/** The oldest object, then the first by `namespace/name`; one without a time is as young as can be. */
function oldestFirst(left: RouteTable, right: RouteTable): number {
  const [one, other] = [ageKey(left), ageKey(right)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function ageKey({ createdAt, namespace, name }: RouteTable): string {
  return `${createdAt || '~'} ${namespace}/${name}`;
}

function exactPath({ match }: PolicyRoute): number {
  return match.path.is === 'exact' ? 1 : 0;
}

/** The specification leaves the place of regular expressions open; like Envoy Gateway, before prefixes. */
function regexPath({ match }: PolicyRoute): number {
  return match.path.is === 'regex' ? 1 : 0;
}

function pathLength({ match }: PolicyRoute): number {
  return match.path.value.length;
}

function methodMatch({ match }: PolicyRoute): number {
  return match.headers.some(({ name }) => name === ':method') ? 1 : 0;
}

function headerCount({ match }: PolicyRoute): number {
  return match.headers.filter(({ name }) => name !== ':method').length;
}

function queryCount({ match }: PolicyRoute): number {
  return match.query.length;
}

/** gRPC paths are `/service/method`. */
function serviceLength({ match: { path } }: PolicyRoute): number {
  if (path.is === 'regex') return path.value.startsWith('/[^/]+/') ? 0 : path.value.lastIndexOf('/');
  return Math.max(0, path.value.lastIndexOf('/') - 1);
}

function methodLength({ match: { path } }: PolicyRoute): number {
  const method = path.value.slice(path.value.lastIndexOf('/') + 1);
  return method === '[^/]+' || path.is === 'prefix' ? 0 : method.length;
}
