import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import { type JsonObject, typeUrl } from './json.ts';
import { unusedCallbacksLeftOut } from './module-callbacks.ts';
import type { EnvoyOptions } from './options.ts';

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
  const failurePolicy = options.failurePolicy ?? 'FAIL_RELOAD';
  return {
    '@type': wasmTypeUrl,
    config: {
      name: filterName,
      root_id: filterName,
      failure_policy: failurePolicy,
      ...(failurePolicy === 'FAIL_RELOAD' && { reload_config: { backoff: { base_interval: '1s' } } }),
      vm_config: {
        vm_id: filterName,
        runtime: 'envoy.wasm.runtime.v8',
        code: { local: { filename: options.modulePath } },
        ...unusedCallbacksLeftOut(plugin, options.modulePath),
      },
      // Text, not Struct: Envoy hands it on byte for byte, whereas a Struct turns every number into a double.
      configuration: {
        '@type': typeUrl('google.protobuf.StringValue'),
        value: JSON.stringify(plugin),
      },
    },
  };
}
