import { type Manifest, ruleNames, type Translated } from '../mesh/manifest.ts';
import type { GroupPlan } from '../plan/mesh/plan-groups.ts';
import { gatewayOf, type ProxyGroup } from '../plan/mesh/proxy-group.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { Policy } from '../policy/policy.ts';
import { trafficWord } from '../policy/traffic.ts';
import { envoyFilter, isEnvoyFilterTraffic } from './envoy-filter.ts';
import type { IstioOptions, IstioResource } from './options.ts';
import { trafficExtension, wasmPluginResource } from './wasm-extension.ts';

const RESOURCES: Record<IstioResource, (group: GroupPlan, options: IstioOptions) => Manifest> = {
  EnvoyFilter: envoyFilter,
  WasmPlugin: wasmPluginResource,
  TrafficExtension: trafficExtension,
};

/** Plans as objects of Istio, one for each group of proxies. */
export function translateToIstio(groups: readonly GroupPlan[], options: IstioOptions): Translated {
  const errors = groups.flatMap((group) => notCarried(group, options));
  if (errors.length > 0) return { manifests: [], diagnostics: errors };
  const translate = RESOURCES[options.resource];
  return {
    manifests: groups.map((group) => ({ manifest: translate(group, options), rules: ruleNames(group) })),
    diagnostics: groups.flatMap(({ policies }) => policies.flatMap(assumedTraffic)),
  };
}

function assumedTraffic({ placement }: Policy): Diagnostic[] {
  if (placement?.isTrafficAssumed !== true) return [];
  const { document, path } = placement.origin;
  const word = trafficWord(placement.traffic!);
  const message = `expected applyToTraffic beside workloadSelector, got none: taken as ${word}`;
  return [document.diagnostic('warning', path, message)];
}

function notCarried({ group, policies }: GroupPlan, { resource }: IstioOptions): Diagnostic[] {
  const message = reasonAgainst(group, resource);
  if (message === undefined) return [];
  return policies.map(({ placement }) => {
    const { document } = placement!.origin;
    return document.diagnostic('error', ['spec', 'applyToTraffic'], message);
  });
}

function reasonAgainst(group: ProxyGroup, resource: IstioResource): string | undefined {
  const { traffic, labels } = group;
  if (resource === 'EnvoyFilter' && !isEnvoyFilterTraffic(traffic)) {
    return 'expected gateway, sidecar_inbound or sidecar_outbound, got waypoint, to which Istio applies no EnvoyFilter; `--resource WasmPlugin` and `--resource TrafficExtension` can carry it';
  }
  if (traffic === 'waypoint' && gatewayOf(group) === undefined) {
    return 'expected the label gateway.networking.k8s.io/gateway-name, and no other, beside waypoint: Istio attaches to waypoints by name';
  }
  if (resource !== 'EnvoyFilter' && traffic === 'gateway' && Object.keys(labels).length === 0) {
    return `expected labels of the gateway's pods, got none, which in a ${resource} stands for sidecars too; \`--resource EnvoyFilter\` can carry it`;
  }
  return undefined;
}
