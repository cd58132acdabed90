import { quote } from '../../policy/describe-value.ts';
import type { Diagnostic } from '../../policy/diagnostic.ts';
import { didYouMean } from '../../policy/did-you-mean.ts';
import { covers } from '../../policy/host-pattern.ts';
import type {
  DestinationRuleSettings,
  PolicyBackend,
  ReferenceGrantSettings,
  Routing,
  ServiceEntrySettings,
  SubsetSettings,
  TrafficSettings,
} from '../../policy/routing.ts';
import type { PlannedDestination, PlannedEndpoint } from '../routing-plan.ts';

/** The destinations of a plan, each once, and what stood against some of them. */
export class Destinations {
  readonly diagnostics: Diagnostic[] = [];
  readonly #byName = new Map<string, PlannedDestination>();
  readonly #rules = new Map<string, DestinationRuleSettings>();
  readonly #widerRules: DestinationRuleSettings[] = [];
  readonly #entries = new Map<string, ServiceEntrySettings>();
  readonly #widerEntries: [string, ServiceEntrySettings][] = [];
  readonly #grants: readonly ReferenceGrantSettings[];

  constructor({ destinationRules, serviceEntries, grants }: Required<Routing>) {
    this.#grants = grants;
    for (const rule of destinationRules) this.#addRule(rule);
    for (const entry of serviceEntries) for (const host of entry.hosts) this.#addEntry(host, entry);
  }

  get all(): PlannedDestination[] {
    return [...this.#byName.values()];
  }

  get hosts(): Set<string> {
    return new Set(this.all.map(({ host }) => host));
  }

  /** The name of a route's backend; problems with it are noted. */
  nameOf(backend: PolicyBackend): string {
    this.#checkGrant(backend);
    const { host, subset } = backend;
    const entry = this.#entryOf(host);
    const port = backend.port ?? (entry?.ports.length === 1 ? entry.ports[0]!.number : undefined);
    const rule = this.#ruleOf(host);
    const chosen = subset === undefined ? undefined : this.#subsetOf(backend, subset, rule);
    const settings = settingsOf(rule, chosen, port);
    const entryPort = entry === undefined ? undefined : this.#portOf(backend, entry, port);
    const protocol = backend.protocol ?? settings.protocol ?? entryPort?.protocol;
    const base = `${host}${port === undefined ? '' : `:${port}`}${subset === undefined ? '' : `/${subset}`}`;
    const known = this.#byName.get(base);
    // Of one service, gRPC and HTTP/1 calls need different connections.
    const name =
      known !== undefined && (known.protocol ?? 'http1') !== (protocol ?? 'http1')
        ? `${base} ${protocol ?? 'http1'}`
        : base;
    if (this.#byName.has(name)) return name;
    this.#byName.set(name, {
      name,
      host,
      ...(subset !== undefined && { subset }),
      ...(entry !== undefined && entryPort !== undefined && endpointsOf(entry, entryPort, host, chosen)),
      ...(protocol === 'h2c' && { protocol }),
      ...(settings.outlierDetection !== undefined && { outlierDetection: settings.outlierDetection }),
      ...(settings.loadBalancer !== undefined && { loadBalancer: settings.loadBalancer }),
      ...(settings.connectionPool !== undefined && { connectionPool: settings.connectionPool }),
      ...(settings.locality !== undefined && { locality: settings.locality }),
    });
    return name;
  }

  #addRule(rule: DestinationRuleSettings): void {
    if (rule.host.startsWith('*')) {
      this.#widerRules.push(rule);
      this.#widerRules.sort((left, right) => right.host.length - left.host.length);
      return;
    }
    const first = this.#rules.get(rule.host);
    if (first === undefined) {
      this.#rules.set(rule.host, rule);
      return;
    }
    const { document } = rule.origin;
    const message = `expected one DestinationRule a host, got ${rule.host} again (${first.namespace}/${first.name} is for it)`;
    this.diagnostics.push(document.diagnostic('error', ['spec', 'host'], message));
  }

  #addEntry(host: string, entry: ServiceEntrySettings): void {
    if (host.startsWith('*')) {
      this.#widerEntries.push([host, entry]);
      return;
    }
    const first = this.#entries.get(host);
    if (first === undefined) {
      this.#entries.set(host, entry);
      return;
    }
    const { document, path } = entry.origin;
    const message = `expected one ServiceEntry a host, got ${host} again (${first.namespace}/${first.name} is for it)`;
    this.diagnostics.push(document.diagnostic('error', [...path, 'hosts'], message));
  }

  #ruleOf(host: string): DestinationRuleSettings | undefined {
    return this.#rules.get(host) ?? this.#widerRules.find((rule) => covers(rule.host, host));
  }

  #entryOf(host: string): ServiceEntrySettings | undefined {
    return this.#entries.get(host) ?? this.#widerEntries.find(([pattern]) => covers(pattern, host))?.[1];
  }

  #subsetOf(
    { host, origin }: PolicyBackend,
    subset: string,
    rule: DestinationRuleSettings | undefined,
  ): SubsetSettings | undefined {
    const found = rule?.subsets.get(subset);
    if (found !== undefined) return found;
    const known = [...(rule?.subsets.keys() ?? [])];
    const where =
      rule === undefined
        ? `no DestinationRule is for ${host}`
        : `its DestinationRule has ${known.join(', ') || 'none'}`;
    const message = `expected a subset of ${host}, got ${quote(subset)}: ${where}${didYouMean(subset, known)}`;
    this.diagnostics.push(origin.document.diagnostic('error', origin.path, message));
    return undefined;
  }

  #portOf(
    { host, origin }: PolicyBackend,
    { ports }: ServiceEntrySettings,
    port: number | undefined,
  ): ServiceEntrySettings['ports'][number] | undefined {
    const found = ports.find(({ number }) => number === port);
    if (found !== undefined) return found;
    const known = ports.map(({ number }) => number).join(', ');
    const message = `expected a port of ${host} (its ServiceEntry has ${known}), got ${port ?? 'none'}`;
    this.diagnostics.push(origin.document.diagnostic('error', origin.path, message));
    return undefined;
  }

  /** https://gateway-api.sigs.k8s.io/api-types/referencegrant/ */
  #checkGrant({ needsGrant, origin }: PolicyBackend): void {
    if (needsGrant === undefined) return;
    const { from, fromNamespace, namespace, name } = needsGrant;
    const isGranted = this.#grants.some(
      (grant) =>
        grant.namespace === namespace &&
        grant.from.some((each) => each.kind === from && each.namespace === fromNamespace) &&
        grant.to.some((each) => each === undefined || each === name),
    );
    if (isGranted) return;
    const message = `expected a ReferenceGrant in namespace ${quote(namespace)} that lets ${from}s of ${quote(fromNamespace)} name Service ${name}, got none`;
    this.diagnostics.push(origin.document.diagnostic('error', origin.path, message));
  }
}

/** A subset says only what it changes; what a port says stands alone. https://istio.io/latest/docs/reference/config/networking/destination-rule/ */
function settingsOf(
  rule: DestinationRuleSettings | undefined,
  subset: SubsetSettings | undefined,
  port: number | undefined,
): TrafficSettings {
  if (rule === undefined) return {};
  const ofPort = port === undefined ? undefined : (subset?.ports.get(port) ?? rule.ports.get(port));
  return ofPort ?? { ...rule.policy, ...subset?.policy };
}

function endpointsOf(
  { resolution, endpoints }: ServiceEntrySettings,
  port: ServiceEntrySettings['ports'][number],
  host: string,
  subset: SubsetSettings | undefined,
): Pick<PlannedDestination, 'endpoints' | 'dns'> {
  if (resolution === 'none') return {};
  const dns = resolution === 'dnsFirst' ? { dns: 'first' as const } : {};
  // Without endpoints the host itself is looked up.
  if (endpoints.length === 0) return { endpoints: [{ address: host, port: port.targetPort }], ...dns };
  const chosen = endpoints.filter(({ labels }) =>
    (subset?.labels ?? []).every(([name, value]) => labels.get(name) === value),
  );
  return {
    endpoints: chosen.map(
      ({ address, ports, weight, locality }): PlannedEndpoint => ({
        address,
        port: ports.get(port.name) ?? port.targetPort,
        ...(weight !== undefined && { weight }),
        ...(locality !== undefined && { locality }),
      }),
    ),
    ...dns,
  };
}
