import { quote } from '../../policy/describe-value.ts';
import type { Diagnostic } from '../../policy/diagnostic.ts';
import { didYouMean } from '../../policy/did-you-mean.ts';
import { intersectHosts } from '../../policy/host-pattern.ts';
import type {
  GatewayListener,
  ParentReference,
  RouteTable,
  RoutingGateway,
  TableHost,
} from '../../policy/routing.ts';

/** A table with the hosts its gateways let it serve. */
export interface AttachedTable {
  table: RouteTable;
  hosts: AttachedHost[];
}

export interface AttachedHost extends TableHost {
  requireTls: boolean;
  /** The gateways' listeners it is served on. */
  through: { gateway: RoutingGateway; listener: GatewayListener }[];
}

/**
 * Gives every table the hosts it has in common with its gateways.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec (hostnames)
 * https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService (hosts, gateways)
 */
export function attachTables(
  tables: readonly RouteTable[],
  gateways: readonly RoutingGateway[],
): { attached: AttachedTable[]; diagnostics: Diagnostic[] } {
  const byName = new Map(gateways.map((gateway) => [gatewayIdentity(gateway), gateway]));
  const diagnostics: Diagnostic[] = [];
  const attached = tables.map((table): AttachedTable => {
    if (table.parents === undefined) {
      const requireTls = table.requireTls === true;
      return { table, hosts: table.hosts.map((host) => ({ ...host, requireTls, through: [] })) };
    }
    const found = table.parents.map((parent) => listenersOf(parent, table, byName, gateways));
    const problems = found.flatMap(({ diagnostic }) => diagnostic ?? []);
    diagnostics.push(...problems);
    const hosts = commonHosts(
      table,
      found.flatMap(({ listeners }) => listeners),
    );
    if (hosts.length === 0 && problems.length === 0 && table.parents.length > 0) {
      diagnostics.push(nothingInCommon(table));
    } else if (problems.length === 0) {
      diagnostics.push(...hostsLeftOut(table, hosts));
    }
    return { table, hosts };
  });
  return { attached, diagnostics };
}

type Through = AttachedHost['through'][number];

/** Equal for a gateway and for what names it. */
export function gatewayIdentity({
  api,
  namespace,
  name,
}: Pick<ParentReference, 'api' | 'namespace' | 'name'>): string {
  return `${api}/${namespace}/${name}`;
}

function listenersOf(
  parent: ParentReference,
  table: RouteTable,
  byName: ReadonlyMap<string, RoutingGateway>,
  gateways: readonly RoutingGateway[],
): { listeners: Through[]; diagnostic?: Diagnostic } {
  const refuse = (message: string) => ({
    listeners: [],
    diagnostic: parent.origin.document.diagnostic('error', parent.origin.path, message),
  });
  const gateway = byName.get(gatewayIdentity(parent));
  const called = `${parent.namespace}/${parent.name}`;
  if (gateway === undefined) {
    const known = gateways
      .filter(({ api }) => api === parent.api)
      .map((each) => `${each.namespace}/${each.name}`);
    return refuse(
      `expected a Gateway of ${parent.api} among the files, got ${quote(called)}${didYouMean(called, known)}`,
    );
  }
  const named = gateway.listeners.filter(
    (listener) =>
      (parent.section === undefined || listener.section === parent.section) &&
      (parent.port === undefined || listener.port === parent.port),
  );
  if (named.length === 0) {
    const asked = [parent.section && quote(parent.section), parent.port && `port ${parent.port}`];
    return refuse(`expected a listener of Gateway ${called}, got ${asked.filter(Boolean).join(' on ')}`);
  }
  const open = named.filter(
    ({ fromNamespace, kinds }) =>
      (fromNamespace === undefined || fromNamespace === table.namespace) &&
      (kinds === undefined || kinds.includes(table.kind)),
  );
  if (open.length === 0) {
    return refuse(
      `expected a Gateway that takes ${table.kind}s of namespace ${quote(table.namespace)}, got ${called}, whose allowedRoutes do not`,
    );
  }
  return { listeners: open.map((listener) => ({ gateway, listener })) };
}

function commonHosts(table: RouteTable, through: readonly Through[]): AttachedHost[] {
  const hosts = new Map<string, AttachedHost>();
  const asked: (TableHost | undefined)[] = table.hosts.length === 0 ? [undefined] : table.hosts;
  for (const each of through) {
    for (const offered of each.listener.hosts) {
      if (offered.namespace !== undefined && offered.namespace !== table.namespace) continue;
      for (const host of asked) {
        const common = intersectHosts([offered.host], [host?.host ?? '*']);
        for (const pattern of common) {
          const known = hosts.get(pattern);
          const requireTls = each.listener.requireTls === true;
          if (known !== undefined) {
            known.requireTls &&= requireTls;
            if (!known.through.includes(each)) known.through.push(each);
            continue;
          }
          hosts.set(pattern, {
            host: pattern,
            withForms: host?.withForms === true && host.host === pattern,
            origin: host?.origin ?? table.origin,
            requireTls,
            through: [each],
          });
        }
      }
    }
  }
  return [...hosts.values()];
}

/** https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec: hosts that the gateways do not have are left out. */
function hostsLeftOut(table: RouteTable, attached: readonly AttachedHost[]): Diagnostic[] {
  if (attached.length === 0) return [];
  const served = new Set(attached.map(({ origin }) => origin));
  return table.hosts
    .filter(({ origin }) => !served.has(origin))
    .filter(({ host }) => !attached.some((each) => each.host === host))
    .map(({ host, origin: { document, path } }) =>
      document.diagnostic(
        'warning',
        path,
        `expected a host of its gateways, got ${host}, which is not served`,
      ),
    );
}

function nothingInCommon({ kind, hosts, origin, parents = [] }: RouteTable): Diagnostic {
  const asked = hosts.map(({ host }) => host).join(', ') || '*';
  const names = parents.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  const { document, path } = hosts[0]?.origin ?? origin;
  const message = `expected a host that a gateway of the ${kind} serves (${names}), got ${asked}`;
  return document.diagnostic('error', path, message);
}
