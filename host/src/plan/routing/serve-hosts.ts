import type { Diagnostic } from '../../policy/diagnostic.ts';
import type { Origin, RouteTable } from '../../policy/routing.ts';
import type { ListenerName } from '../routing-plan.ts';
import type { AttachedHost, AttachedTable } from './attach-tables.ts';
import { isCatchAll, type OwnedRoute, orderRoutes } from './route-order.ts';

/** Hosts that are served by the same routes on the same listeners. */
export interface ServedHost {
  /** The full name of a service, else the first domain. */
  name: string;
  domains: string[];
  listeners: ListenerName[];
  requireTls: boolean;
  /** In the order in which they are tried. */
  routes: OwnedRoute[];
}

interface Claim {
  table: RouteTable;
  host: AttachedHost;
}

/**
 * From tables with hosts to hosts with routes. Tables of one kind are merged where its specification says so; any
 * other two that claim one host are a conflict, which is named and not resolved.
 */
export function serveHosts(
  attached: readonly AttachedTable[],
  formsOf: ReadonlyMap<string, readonly string[]>,
): { hosts: ServedHost[]; diagnostics: Diagnostic[] } {
  const claims = new Map<string, Claim[]>();
  for (const { table, hosts } of attached) {
    for (const host of hosts) {
      for (const domain of host.withForms ? formsOf.get(host.host)! : [host.host]) {
        const claimants = claims.get(domain);
        if (claimants === undefined) claims.set(domain, [{ table, host }]);
        else claimants.push({ table, host });
      }
    }
  }
  const diagnostics = new Diagnostics();
  const grouped = new Map<string, ServedHost>();
  const numberOf = new Map(attached.map(({ table }, index) => [table, index]));
  for (const [domain, claimants] of claims) {
    const agreed = withoutRedirectsToTls(withoutConflicts(domain, claimants, diagnostics), diagnostics);
    const { table, host } = agreed[0]!;
    const tables = [...new Set(agreed.map((claim) => claim.table))];
    const wider = widerTables(domain, table, claims)
      .map((each) => each.filter((other) => !tables.includes(other)))
      .filter((each) => each.length > 0);
    const requireTls = agreed.every((claim) => claim.host.requireTls);
    const name = host.withForms ? host.host : domain;
    // Redirects of Gateway API may have to name their host, so hosts keep to themselves there.
    const group = JSON.stringify([
      ...[...tables, ...wider.flat()].map((each) => numberOf.get(each)),
      ...[requireTls, host.withForms, isGatewayApi(table) || host.withForms ? name : ''],
    ]);
    const known = grouped.get(group);
    if (known !== undefined) {
      known.domains.push(domain);
      continue;
    }
    const routes = orderRoutes(tables);
    nameUnreachable(routes, diagnostics);
    grouped.set(group, {
      name,
      domains: [domain],
      listeners: table.listeners,
      requireTls,
      routes: [...routes, ...wider.flatMap(orderRoutes)],
    });
  }
  return { hosts: [...grouped.values()], diagnostics: diagnostics.found };
}

/** One diagnostic a place: a service's host stands for five domains. */
class Diagnostics {
  readonly found: Diagnostic[] = [];
  readonly #places = new Set<string>();

  add(severity: Diagnostic['severity'], { document, path }: Origin, message: string): void {
    const diagnostic = document.diagnostic(severity, path, message);
    const { file, line, column } = diagnostic.position;
    const place = JSON.stringify([file, line, column, diagnostic.path]);
    if (this.#places.has(place)) return;
    this.#places.add(place);
    this.found.push(diagnostic);
  }
}

/** The claims of the first table's kind; the others are in conflict with it. */
function withoutConflicts(domain: string, claims: readonly Claim[], diagnostics: Diagnostics): Claim[] {
  const [first, ...others] = claims as [Claim, ...Claim[]];
  const agreed = [first];
  for (const claim of others) {
    const because = conflict(first, claim, agreed);
    if (because === undefined) agreed.push(claim);
    else diagnostics.add('error', claim.host.origin, `expected ${because}, got ${domain} again`);
  }
  return agreed;
}

/**
 * A host with an HTTPS listener is served in clear text here, so a route that does nothing but send the clear text of
 * another listener there has nowhere to send it to, and would hide the routes that serve.
 */
function withoutRedirectsToTls(claims: readonly Claim[], diagnostics: Diagnostics): readonly Claim[] {
  const isTls = ({ host }: Claim) => host.through.some(({ listener }) => listener.isTls === true);
  if (!claims.some(isTls)) return claims;
  const left = claims.filter((claim) => isTls(claim) || !claim.table.routes.every(redirectsToTls));
  for (const { host, table } of claims.filter((claim) => !left.includes(claim))) {
    const message = `expected no redirect to https for ${host.host}, which an HTTPS listener serves in clear text here: the ${table.kind} ${table.namespace}/${table.name} is left out`;
    diagnostics.add('warning', host.origin, message);
  }
  return left;
}

function redirectsToTls({ action }: RouteTable['routes'][number]): boolean {
  return action.kind === 'redirect' && action.scheme === 'https' && action.host === undefined;
}

function conflict(first: Claim, claim: Claim, agreed: readonly Claim[]): string | undefined {
  const owner = `${first.table.kind} ${first.table.namespace}/${first.table.name}`;
  if (agreed.some(({ table }) => table === claim.table)) {
    return first.host.host === claim.host.host
      ? 'each host once'
      : `each host once (it is a name of ${first.host.host}, too)`;
  }
  if (first.table.kind !== claim.table.kind) {
    return `a host that no other kind serves (${owner} does, and neither goes before the other)`;
  }
  if (first.table.kind === 'Ingress') return `a host that no other rule serves (one of ${owner} does)`;
  // https://istio.io/latest/docs/ops/best-practices/traffic-management/#split-virtual-services
  if (
    first.table.kind === 'VirtualService' &&
    (first.table.parents === undefined || claim.table.parents === undefined)
  ) {
    return `a host that no other VirtualService serves (${owner} does; they are merged only where all are bound to gateways)`;
  }
  return undefined;
}

export function isGatewayApi({ kind }: RouteTable): boolean {
  return kind === 'HTTPRoute' || kind === 'GRPCRoute';
}

/**
 * In Gateway API a rule for `*.example` is tried for `a.example`, too, after those of the more exact host.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec (hostnames)
 */
function widerTables(
  domain: string,
  table: RouteTable,
  claims: ReadonlyMap<string, readonly Claim[]>,
): RouteTable[][] {
  if (!isGatewayApi(table) || domain === '*') return [];
  const bare = domain.startsWith('*') ? domain.slice(2) : domain;
  const wider: RouteTable[][] = [];
  const add = (pattern: string) => {
    const tables = (claims.get(pattern) ?? []).map((claim) => claim.table);
    if (pattern !== domain && tables[0]?.kind === table.kind) wider.push(tables);
  };
  for (let dot = bare.indexOf('.'); dot !== -1; dot = bare.indexOf('.', dot + 1)) add(`*${bare.slice(dot)}`);
  add('*');
  return wider;
}

/** A route after another that takes every request of it is never used, which nobody means. */
function nameUnreachable(routes: readonly OwnedRoute[], diagnostics: Diagnostics): void {
  const taken = new Map<string, OwnedRoute>();
  let all: OwnedRoute | undefined;
  for (const each of routes) {
    const match = JSON.stringify(each.route.match);
    const taker = all ?? taken.get(match);
    if (taker !== undefined && taker.route.origin !== each.route.origin) {
      diagnostics.add(
        'warning',
        each.route.origin,
        `expected a route that some request reaches, got one whose requests all go to ${taker.route.name} of ${taker.table.kind} ${taker.table.namespace}/${taker.table.name} before it`,
      );
    }
    if (!taken.has(match)) taken.set(match, each);
    if (isCatchAll(each.route)) all ??= each;
  }
}
