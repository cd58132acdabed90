import type { Policy } from '../../policy/policy.ts';
import { rulesOf } from '../../policy/policy.ts';
import type { RoutedTarget, RouteTable, Routing, RoutingGateway } from '../../policy/routing.ts';
import type { Traffic } from '../../policy/traffic.ts';
import { type DefaultGateway, GATEWAY_NAME_LABEL, groupIdentity, type ProxyGroup } from './proxy-group.ts';

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
    const groups = targets.flatMap((target) =>
      'routed' in target ? this.#ofTarget(target.routed, policy) : [this.#default()],
    );
    if (groups.length === 0) return [this.#default()];
    return [...new Map(groups.map((group) => [groupIdentity(group), group])).values()];
  }

  #said({ placement }: Policy): ProxyGroup | undefined {
    if (placement?.labels === undefined && placement?.traffic === undefined) return undefined;
    const { namespace, labels, traffic = 'gateway' } = placement;
    if (labels === undefined && traffic === 'gateway') return this.#default();
    const gateway = labels?.[GATEWAY_NAME_LABEL];
    return {
      namespace,
      traffic,
      labels: labels ?? {},
      ...(gateway !== undefined && isGatewayTraffic(traffic) && { gateway }),
    };
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
      return { namespace, traffic: 'gateway', labels: { [GATEWAY_NAME_LABEL]: name }, gateway: name };
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

function isGatewayTraffic(traffic: Traffic): boolean {
  return traffic === 'gateway' || traffic === 'waypoint';
}
