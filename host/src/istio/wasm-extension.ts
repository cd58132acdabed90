import type { JsonObject } from '../envoy/json.ts';
import type { FailurePolicy } from '../envoy/options.ts';
import { filterName } from '../envoy/wasm-filter.ts';
import { type Manifest, metadataOf } from '../mesh/manifest.ts';
import { MODULE_MOUNT_PATH, type ModuleSource } from '../mesh/module-source.ts';
import type { GroupPlan } from '../plan/mesh/plan-groups.ts';
import type { Traffic } from '../policy/traffic.ts';
import type { IstioOptions } from './options.ts';
import { pluginForIstio } from './plugin-for-istio.ts';
import { selection } from './selection.ts';

const FAIL_STRATEGIES = {
  FAIL_RELOAD: 'FAIL_RELOAD',
  FAIL_CLOSED: 'FAIL_CLOSE',
  FAIL_OPEN: 'FAIL_OPEN',
} as const satisfies Record<FailurePolicy, string>;

/** https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/ */
export function wasmPluginResource(groupPlan: GroupPlan, options: IstioOptions): Manifest {
  return {
    apiVersion: 'extensions.istio.io/v1alpha1',
    kind: 'WasmPlugin',
    metadata: metadataOf(groupPlan.group, options.set),
    spec: { ...placement(groupPlan, options), ...wasmOf(groupPlan, options) },
  };
}

/** What Istio 1.30 and later prefer. https://istio.io/latest/docs/reference/config/proxy_extensions/ */
export function trafficExtension(groupPlan: GroupPlan, options: IstioOptions): Manifest {
  return {
    apiVersion: 'extensions.istio.io/v1alpha1',
    kind: 'TrafficExtension',
    metadata: metadataOf(groupPlan.group, options.set),
    spec: { ...placement(groupPlan, options), wasm: wasmOf(groupPlan, options) },
  };
}

function placement({ group }: GroupPlan, { phase, priority }: IstioOptions): JsonObject {
  const mode = modeOf(group.traffic);
  return {
    ...selection(group, (matchLabels) => ({ selector: { matchLabels } })),
    ...(mode !== undefined && { match: [{ mode }] }),
    ...(phase !== undefined && { phase }),
    ...(priority !== undefined && { priority }),
  };
}

/** Whether the proxy stands before the server or before the client. */
function modeOf(traffic: Traffic): 'SERVER' | 'CLIENT' | undefined {
  if (traffic === 'sidecarInbound') return 'SERVER';
  return traffic === 'sidecarOutbound' ? 'CLIENT' : undefined;
}

function wasmOf({ plan }: GroupPlan, options: IstioOptions): JsonObject {
  return {
    ...codeOf(options.moduleSource),
    pluginName: filterName,
    failStrategy: FAIL_STRATEGIES[options.failurePolicy],
    type: 'HTTP',
    // istiod writes it as JSON text into Envoy's configuration again.
    pluginConfig: pluginForIstio(plan.plugin, options),
  };
}

function codeOf(source: ModuleSource): JsonObject {
  switch (source.from) {
    case 'file':
      return { url: `file://${source.path}` };
    case 'configMap':
      return { url: `file://${MODULE_MOUNT_PATH}/${source.key}` };
    case 'http':
      return { url: source.url, sha256: source.sha256 };
    case 'image':
      return {
        url: `oci://${source.reference}`,
        ...(source.sha256 !== undefined && { sha256: source.sha256 }),
      };
  }
}
