import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import { type JsonObject, typeUrl } from './json.ts';
import { unusedCallbacksLeftOut } from './module-callbacks.ts';
import type { EnvoyOptions, FailurePolicy } from './options.ts';

/** Name of the HTTP filter, of its plugin and of its VM; it stands in metrics and log lines. */
export const filterName = 'sluice';
export const wasmTypeUrl = typeUrl('envoy.extensions.filters.http.wasm.v3.Wasm');

/** The filter as Envoy's extension discovery service delivers it. */
export function wasmFilterResource(plugin: PluginConfiguration, options: EnvoyOptions): JsonObject {
  return {
    '@type': typeUrl('envoy.config.core.v3.TypedExtensionConfig'),
    name: filterName,
    typed_config: wasmFilter(plugin, options),
  };
}

export function wasmFilter(plugin: PluginConfiguration, options: EnvoyOptions): JsonObject {
  return wasmPlugin({
    name: filterName,
    failurePolicy: options.failurePolicy ?? 'FAIL_RELOAD',
    code: { local: { filename: options.modulePath } },
    vm: unusedCallbacksLeftOut(plugin, options.modulePath),
    configuration: JSON.stringify(plugin),
  });
}

export interface WasmPluginSettings {
  /** Of the plugin; it stands in log lines. */
  name: string;
  failurePolicy: FailurePolicy;
  /** With `FAIL_RELOAD`: how long after its last load a VM may be loaded again, as protobuf writes durations. Default `1s`. */
  reloadBackoff?: string;
  /** Envoy's AsyncDataSource. */
  code: JsonObject;
  /** More of the VM's configuration. */
  vm?: JsonObject;
  /** The plugin configuration's JSON text. */
  configuration: string;
}

/** Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/wasm/v3/wasm.proto */
export function wasmPlugin(settings: WasmPluginSettings): JsonObject {
  const { name, failurePolicy, reloadBackoff = '1s', code, vm, configuration } = settings;
  return {
    '@type': wasmTypeUrl,
    config: {
      name,
      root_id: filterName,
      failure_policy: failurePolicy,
      ...(failurePolicy === 'FAIL_RELOAD' && {
        reload_config: { backoff: { base_interval: reloadBackoff } },
      }),
      // All plugins of a proxy have one VM, and with it the state of their policies.
      vm_config: { vm_id: filterName, runtime: 'envoy.wasm.runtime.v8', code, ...vm },
      // Text, not Struct: Envoy hands it on byte for byte, whereas a Struct turns every number into a double.
      configuration: { '@type': typeUrl('google.protobuf.StringValue'), value: configuration },
    },
  };
}
