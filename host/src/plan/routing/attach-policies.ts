import { quote } from '../../policy/describe-value.ts';
import type { Diagnostic } from '../../policy/diagnostic.ts';
import { didYouMean } from '../../policy/did-you-mean.ts';
import { covers, intersectHosts } from '../../policy/host-pattern.ts';
import type { HostTarget, Policy, PolicyRule } from '../../policy/policy.ts';
import type { RoutedTarget, RoutingGateway, ServiceEntrySettings } from '../../policy/routing.ts';
import { isServiceHost, serviceForms } from '../../policy/service-host.ts';
import { withRules } from '../rule-lists.ts';
import type { AttachedTable } from './attach-tables.ts';

/** Name of the only route of a host that no kind that routes names. */
export const DEFAULT_ROUTE = 'default';

/** What a target comes to: hosts (empty: every host), and names of routes where other routes share those hosts. */
interface Reach {
  hosts: HostTarget[];
  routes?: string[];
}

/** Of a target that is refused: no host, so that it does not stand for all of them. */
const UNKNOWN: Reach = { hosts: [{ host: 'unknown.invalid' }] };

/** Puts hosts and route names in the place of targets that are objects which route. */
export class PolicyAttachment {
  readonly diagnostics: Diagnostic[] = [];
  readonly #attached: readonly AttachedTable[];
  readonly #gateways: readonly RoutingGateway[];
  readonly #entries: readonly ServiceEntrySettings[];
  readonly #byObject: ReadonlyMap<string, AttachedTable[]>;
  readonly #tablesByHost = new Map<string, Set<AttachedTable>>();

  constructor(
    attached: readonly AttachedTable[],
    gateways: readonly RoutingGateway[],
    entries: readonly ServiceEntrySettings[],
  ) {
    this.#attached = attached;
    this.#gateways = gateways;
    this.#entries = entries;
    this.#byObject = Map.groupBy(attached, ({ table }) => identity(table));
    for (const each of attached) {
      for (const { host } of each.hosts) {
        const tables = this.#tablesByHost.get(host);
        if (tables === undefined) this.#tablesByHost.set(host, new Set([each]));
        else tables.add(each);
      }
    }
  }

  attach(policy: Policy): Policy {
    return withRules(policy, (rule) => this.#attachRule(rule));
  }

  #attachRule(rule: PolicyRule): PolicyRule {
    if (!rule.targets.some((target) => 'routed' in target)) return rule;
    const reaches = rule.targets.map((target): Reach => {
      return 'routed' in target ? this.#reachOf(target.routed) : { hosts: [target] };
    });
    const isEverywhere = reaches.some(({ hosts }) => hosts.length === 0);
    const targets = isEverywhere ? [] : reaches.flatMap(({ hosts }) => hosts);
    if (!isEverywhere) this.#checkHosts(rule, targets);
    const routes = reaches.some((reach) => reach.routes !== undefined)
      ? [...new Set(reaches.flatMap((reach) => reach.routes ?? this.#routesOn(reach.hosts)))]
      : undefined;
    if (routes === undefined) return { ...rule, targets };
    if (rule.routes.length === 0) return { ...rule, targets, routes };
    const both = rule.routes.filter((name) => routes.includes(name));
    if (both.length === 0) {
      const { document, path } = rule.origin;
      const wanted = rule.routes.join(', ');
      const message = `expected a route of the policy's targets (${routes.join(', ')}), got ${wanted}${didYouMean(wanted, routes)}`;
      this.diagnostics.push(document.diagnostic('error', path, message));
    }
    return { ...rule, targets, routes: both };
  }

  /** As rules/hosts-within-targets.ts, which does not know these targets: a host outside would make the rule one for every host. */
  #checkHosts({ onlyHosts, origin }: PolicyRule, targets: readonly HostTarget[]): void {
    const hosts = targets.flatMap((target) => {
      if ('routed' in target) return [];
      return 'service' in target ? serviceForms(target.service) : [target.host];
    });
    for (const host of onlyHosts) {
      if (hosts.includes('*') || intersectHosts(hosts, [host]).length > 0) continue;
      const message = `expected a host of the policy's targets (${hosts.slice(0, 8).join(', ')}), got ${quote(host)}`;
      this.diagnostics.push(origin.document.diagnostic('error', origin.path, message));
    }
  }

  #reachOf(target: RoutedTarget): Reach {
    if (target.kind === 'Gateway') return this.#gatewayReach(target);
    if (target.kind === 'ServiceEntry') return this.#entryReach(target);
    const tables = this.#byObject.get(identity(target)) ?? [];
    if (tables.length === 0) {
      const known = this.#attached
        .filter(({ table }) => table.kind === target.kind)
        .map(({ table }) => `${table.namespace}/${table.name}`);
      return this.#refuse(target, target.kind, known);
    }
    const hosts = tables.flatMap((each) => each.hosts);
    const routes = tables
      .flatMap(({ table }) => table.routes)
      .filter(({ section }) => target.section === undefined || section === target.section);
    if (routes.length === 0) {
      const sections = [
        ...new Set(tables.flatMap(({ table }) => table.routes.flatMap(({ section }) => section ?? []))),
      ];
      const { document, path } = target.origin;
      const message = `expected the name of a route of ${target.kind} ${target.namespace}/${target.name} (${sections.join(', ') || 'none has a name'}), got ${quote(target.section ?? '')}`;
      this.diagnostics.push(document.diagnostic('error', [...path, 'sectionName'], message));
    }
    const isAlone =
      target.section === undefined &&
      tables.every(({ table }) => table.mayShareHosts !== true) &&
      hosts.every(({ host }) => !this.#isShared(host, tables));
    return {
      hosts: hosts.map(({ host }) => hostTargetOf(host)),
      ...(!isAlone && { routes: [...new Set(routes.map(({ name }) => name))] }),
    };
  }

  /** True when routes of other objects may take requests for the host. */
  #isShared(host: string, own: readonly AttachedTable[]): boolean {
    const others = (tables: Iterable<AttachedTable> = []) => [...tables].some((each) => !own.includes(each));
    if (others(this.#tablesByHost.get(host))) return true;
    if (!host.startsWith('*') && host !== '*') {
      for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
        if (others(this.#tablesByHost.get(`*${host.slice(dot)}`))) return true;
      }
      return others(this.#tablesByHost.get('*'));
    }
    return [...this.#tablesByHost].some(
      ([known, tables]) => (covers(host, known) || covers(known, host)) && others(tables),
    );
  }

  #gatewayReach(target: RoutedTarget): Reach {
    // Without any gateway among the files the policy was written for one that is elsewhere: this proxy takes its place.
    if (this.#gateways.length === 0) {
      if (target.section !== undefined) {
        const { document, path } = target.origin;
        const message = `expected its Gateway among the files, got none: the policy holds for every listener, not for ${quote(target.section)} alone`;
        this.diagnostics.push(document.diagnostic('warning', [...path, 'sectionName'], message));
      }
      return { hosts: [] };
    }
    const gateway = this.#gateways.find(
      ({ api, namespace, name }) =>
        (target.api === undefined || api === target.api) &&
        namespace === target.namespace &&
        name === target.name,
    );
    if (gateway === undefined) {
      const known = this.#gateways.map(({ namespace, name }) => `${namespace}/${name}`);
      return this.#refuse(target, 'Gateway', known);
    }
    const isAsked = (through: AttachedTable['hosts'][number]['through'][number]) =>
      through.gateway === gateway &&
      (target.section === undefined || through.listener.section === target.section);
    if (
      target.section !== undefined &&
      !gateway.listeners.some((listener) => listener.section === target.section)
    ) {
      const sections = gateway.listeners.flatMap((listener) => listener.section ?? []);
      const { document, path } = target.origin;
      const message = `expected a listener of Gateway ${target.namespace}/${target.name} (${sections.join(', ')}), got ${quote(target.section)}${didYouMean(target.section, sections)}`;
      this.diagnostics.push(document.diagnostic('error', [...path, 'sectionName'], message));
      return UNKNOWN;
    }
    const reached = this.#attached.flatMap((each) => {
      const hosts = each.hosts.filter(({ through }) => through.some(isAsked));
      return hosts.length === 0 ? [] : [{ each, hosts }];
    });
    const hosts = [...new Set(reached.flatMap((each) => each.hosts.map(({ host }) => host)))];
    if (hosts.includes('*')) return { hosts: [] };
    if (hosts.length > 0) return { hosts: hosts.map(hostTargetOf) };
    const { document, path } = target.origin;
    const message = `expected a Gateway that serves some route, got ${target.namespace}/${target.name}, which serves none`;
    this.diagnostics.push(document.diagnostic('error', path, message));
    return UNKNOWN;
  }

  #entryReach(target: RoutedTarget): Reach {
    const entry = this.#entries.find(
      ({ namespace, name }) => namespace === target.namespace && name === target.name,
    );
    if (entry !== undefined) return { hosts: entry.hosts.map(hostTargetOf) };
    if (this.#entries.length > 0) {
      const known = this.#entries.map(({ namespace, name }) => `${namespace}/${name}`);
      return this.#refuse(target, 'ServiceEntry', known);
    }
    const { document, path } = target.origin;
    const host = `${target.name}.${target.namespace}.svc.cluster.local`;
    const message = `expected a ServiceEntry among the files, got none: ${host} is taken as its host; for another one name the host itself`;
    this.diagnostics.push(document.diagnostic('warning', path, message));
    return { hosts: [{ service: host }] };
  }

  #routesOn(hosts: readonly HostTarget[]): string[] {
    const names = hosts.flatMap((target) => {
      const host = 'service' in target ? target.service : 'host' in target ? target.host : '';
      return [...(this.#tablesByHost.get(host) ?? [])].flatMap(({ table }) =>
        table.routes.map(({ name }) => name),
      );
    });
    return names.length === 0 ? [DEFAULT_ROUTE] : names;
  }

  #refuse({ namespace, name, origin }: RoutedTarget, kind: string, known: readonly string[]): Reach {
    const called = `${namespace}/${name}`;
    const message = `expected a ${kind} among the files, got ${quote(called)}${didYouMean(called, known)}`;
    this.diagnostics.push(origin.document.diagnostic('error', [...origin.path, 'name'], message));
    return UNKNOWN;
  }
}

function identity({ kind, namespace, name }: Pick<RoutedTarget, 'kind' | 'namespace' | 'name'>): string {
  return `${kind}/${namespace}/${name}`;
}

function hostTargetOf(host: string): HostTarget {
  return isServiceHost(host) ? { service: host } : { host };
}
