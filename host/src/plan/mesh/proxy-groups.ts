import type { Policy } from '../../policy/policy.ts';
import { rulesOf } from '../../policy/policy.ts';
import type { RoutedTarget, RouteTable, Routing, RoutingGateway } from '../../policy/routing.ts';
import { type DefaultGateway, groupIdentity, type ProxyGroup, podsOfGateway } from './proxy-group.ts';

/** Finds out which proxies a policy is for: what it says itself, or what its targets are served by. */
export class ProxyGroups {
  readonly #routing: Required<Routing>;
  readonly #defaultGateway: DefaultGateway;

  constructor(routing: Required<Routing>, defaultGateway: DefaultGateway) {
    this.#routing = routing;
    this.#defaultGateway = defaultGateway;
  }

  /** At least one; all different. */
  of(policy: Policy): ProxyGroup[] {
    const said = this.#said(policy);
    if (said !== undefined) return [said];
    const targets = rulesOf(policy).flatMap((rule) => rule.targets);
    const groups = targets
      .flatMap((target) => ('routed' in target ? this.#ofTarget(target.routed, policy) : [this.#default()]))
      .filter(({ traffic }) => traffic === (policy.placement?.traffic ?? traffic));
    if (groups.length === 0) return [this.#default()];
    return [...new Map(groups.map((group) => [groupIdentity(group), group])).values()];
  }

  /** `gateway` without labels leaves open which gateway. */
  #said({ placement }: Policy): ProxyGroup | undefined {
    if (placement === undefined) return undefined;
    const { namespace, labels, traffic } = placement;
    if (labels === undefined && (traffic === undefined || traffic === 'gateway')) return undefined;
    return { namespace, traffic: traffic ?? 'gateway', labels: labels ?? {} };
  }

  #ofTarget(target: RoutedTarget, policy: Policy): ProxyGroup[] {
    switch (target.kind) {
      case 'Gateway':
        return [this.#ofGateway(target)];
      case 'VirtualService':
      case 'HTTPRoute':
      case 'GRPCRoute': {
        const isTarget = (table: RouteTable) =>
          table.kind === target.kind && table.namespace === target.namespace && table.name === target.name;
        return this.#routing.tables.filter(isTarget).flatMap((table) => this.#ofTable(table, policy));
      }
      default:
        return [this.#default()];
    }
  }

  #ofTable({ parents = [], isForMesh }: RouteTable, { placement }: Policy): ProxyGroup[] {
    const gateways = parents.map((parent) => this.#ofGateway(parent));
    if (isForMesh !== true) return gateways.length > 0 ? gateways : [this.#default()];
    return [
      ...gateways,
      { namespace: placement?.namespace ?? 'default', traffic: 'sidecarOutbound', labels: {} },
    ];
  }

  #ofGateway({ api, namespace, name }: Pick<RoutedTarget, 'api' | 'namespace' | 'name'>): ProxyGroup {
    const gateway = this.#routing.gateways.find(
      (each) => (api === undefined || each.api === api) && each.namespace === namespace && each.name === name,
    );
    if ((gateway?.api ?? api) === 'gateway.networking.k8s.io') {
      return { ...podsOfGateway(namespace, name), traffic: 'gateway' };
    }
    return this.#ofIstioGateway(gateway);
  }

  /** Istio's gateways say which pods they are, but not in which namespace these run. */
  #ofIstioGateway(gateway: RoutingGateway | undefined): ProxyGroup {
    const labels = gateway?.selector;
    if (labels === undefined) return this.#default();
    return { namespace: this.#defaultGateway.namespace, traffic: 'gateway', labels };
  }

  #default(): ProxyGroup {
    return { ...this.#defaultGateway, traffic: 'gateway' };
  }
}
