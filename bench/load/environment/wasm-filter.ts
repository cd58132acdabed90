import type { ConfiguredFilter } from './bootstrap.ts';

export interface WasmPlugin {
  /** Names the VM: two plugins of one run never share one. */
  name: string;
  rootId: string;
  modulePath: string;
  configuration: string;
  /** More of the VM's configuration. */
  vm?: object;
}

export function wasmFilter({ name, rootId, modulePath, configuration, vm }: WasmPlugin): ConfiguredFilter {
  return {
    name: 'envoy.filters.http.wasm',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm',
      config: {
        name,
        root_id: rootId,
        vm_config: {
          vm_id: name,
          runtime: 'envoy.wasm.runtime.v8',
          code: { local: { filename: modulePath } },
          ...vm,
        },
        configuration: { '@type': 'type.googleapis.com/google.protobuf.StringValue', value: configuration },
      },
    },
  };
}
