import { type JsonObject, typeUrl } from '../envoy/json.ts';
import { wasmPlugin, wasmTypeUrl } from '../envoy/wasm-filter.ts';
import { type Manifest, metadataOf } from '../mesh/manifest.ts';
import { MODULE_MOUNT_PATH, type ModuleSource } from '../mesh/module-source.ts';
import type { GroupPlan } from '../plan/mesh/plan-groups.ts';
import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import type { Traffic } from '../policy/traffic.ts';
import { moduleCluster } from './module-cluster.ts';
import type { FilterPosition, IstioOptions } from './options.ts';
import { pluginForIstio } from './plugin-for-istio.ts';
import { selection } from './selection.ts';

const CONTEXTS = {
  gateway: 'GATEWAY',
  sidecarInbound: 'SIDECAR_INBOUND',
  sidecarOutbound: 'SIDECAR_OUTBOUND',
} as const satisfies Partial<Record<Traffic, string>>;
type Context = (typeof CONTEXTS)[keyof typeof CONTEXTS];

/** After EnvoyFilters that say nothing, which have 0: a filter that one of them adds can be named as the neighbour. */
const PRIORITY = 10;

/** Traffic that an EnvoyFilter can be for; Istio does not apply them to waypoints. */
export function isEnvoyFilterTraffic(traffic: Traffic): traffic is keyof typeof CONTEXTS {
  return Object.hasOwn(CONTEXTS, traffic);
}

/**
 * The filter as an extension that istiod delivers on its own, so that an edit of a policy replaces neither listeners
 * nor connections. https://istio.io/latest/docs/reference/config/networking/envoy-filter/
 */
export function envoyFilter({ group, plan }: GroupPlan, options: IstioOptions): Manifest {
  if (!isEnvoyFilterTraffic(group.traffic)) throw new Error(`Expected no ${group.traffic} traffic`);
  const context = CONTEXTS[group.traffic];
  const metadata = metadataOf(group, options.set);
  // A proxy may get one of its namespace and one of the root namespace, which have the same name when both are for all pods.
  const extensionName = `${metadata.namespace}.${metadata.name}`;
  const moduleClusterName = `${extensionName}.module`;
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata,
    spec: {
      ...selection(group, (labels) => ({ workloadSelector: { labels } })),
      priority: PRIORITY,
      configPatches: [
        ...(options.moduleSource.from === 'http'
          ? [clusterPatch(moduleClusterName, context, options.moduleSource.url)]
          : []),
        extensionPatch(extensionName, context, {
          '@type': wasmTypeUrl,
          ...wasmPlugin({
            name: extensionName,
            failurePolicy: options.failurePolicy,
            ...(options.reloadBackoff !== undefined && { reloadBackoff: options.reloadBackoff }),
            code: codeOf(options.moduleSource, moduleClusterName),
            configuration: configurationText(pluginForIstio(plan.plugin, options)),
          }),
        }),
        filterPatch(extensionName, context, options),
        ...(options.bypass ?? []).map((bypass) => ({
          applyTo: bypass.route === undefined ? 'VIRTUAL_HOST' : 'HTTP_ROUTE',
          match: {
            context,
            routeConfiguration: {
              vhost: {
                name: bypass.virtualHost,
                ...(bypass.route !== undefined && { route: { name: bypass.route } }),
              },
            },
          },
          patch: {
            operation: 'MERGE',
            value: {
              typed_per_filter_config: {
                [extensionName]: { '@type': typeUrl('envoy.config.route.v3.FilterConfig'), disabled: true },
              },
            },
          },
        })),
      ],
    },
  };
}

/** Where indentation, which doubles it, would hide more than it shows. */
const LONG_CONFIGURATION_BYTES = 64 * 1024;

/** For reading, unless nobody would read so much. */
function configurationText(plugin: PluginConfiguration): string {
  const text = JSON.stringify(plugin);
  return text.length > LONG_CONFIGURATION_BYTES ? text : JSON.stringify(plugin, null, 1);
}

function clusterPatch(name: string, context: Context, url: string): JsonObject {
  return {
    applyTo: 'CLUSTER',
    match: { context },
    patch: { operation: 'ADD', value: moduleCluster(name, url) },
  };
}

function extensionPatch(name: string, context: Context, typedConfig: JsonObject): JsonObject {
  return {
    applyTo: 'EXTENSION_CONFIG',
    match: { context },
    patch: { operation: 'ADD', value: { name, typed_config: typedConfig } },
  };
}

/** A filter that does nothing. */
const passThrough = {
  '@type': typeUrl('envoy.extensions.filters.http.header_mutation.v3.HeaderMutation'),
};

function filterPatch(name: string, context: Context, options: IstioOptions): JsonObject {
  const position: FilterPosition = options.position ?? { before: 'envoy.filters.http.router' };
  const isOpen = options.failurePolicy === 'FAIL_OPEN';
  const operation =
    position === 'first' ? 'INSERT_FIRST' : 'before' in position ? 'INSERT_BEFORE' : 'INSERT_AFTER';
  const neighbour =
    position === 'first' ? undefined : 'before' in position ? position.before : position.after;
  return {
    applyTo: 'HTTP_FILTER',
    match: {
      context,
      listener: {
        filterChain: {
          filter: {
            name: 'envoy.filters.network.http_connection_manager',
            ...(neighbour !== undefined && { subFilter: { name: neighbour } }),
          },
        },
      },
    },
    patch: {
      operation,
      value: {
        name,
        config_discovery: {
          // Without the filter the listener does not begin: a limit that is not there yet lets nobody past.
          config_source: { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' },
          // A proxy that has never had a module it can load answers 500 to everything, unless it is told what to do then.
          ...(isOpen && { default_config: passThrough }),
          type_urls: [wasmTypeUrl, ...(isOpen ? [passThrough['@type']] : [])],
        },
      },
    },
  };
}

function codeOf(source: ModuleSource, moduleClusterName: string): JsonObject {
  switch (source.from) {
    case 'file':
      return { local: { filename: source.path } };
    case 'configMap':
      return { local: { filename: `${MODULE_MOUNT_PATH}/${source.key}` } };
    case 'http':
      return {
        remote: {
          http_uri: { uri: source.url, cluster: moduleClusterName, timeout: '30s' },
          sha256: source.sha256,
        },
      };
    case 'image':
      throw new Error('Expected no image: an EnvoyFilter cannot fetch one');
  }
}
