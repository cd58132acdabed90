import { basename } from 'node:path';
import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import type { ModuleName } from '../proxy/module-path.ts';
import type { JsonObject } from './json.ts';

/**
 * Callbacks that a module exports for what some configurations ask, each with whether this one does. Envoy calls
 * whatever is exported, at every request, for 0.2–0.4 µs each, unless the plugin is not allowed to be called.
 *
 * Only modules that hold no requests: an edit that changes what may be called makes a new VM, in which nobody would look
 * after requests that the VM before holds. What header rules remember in a VM is of its own streams. Breakers want to see
 * the headers of every response: their time, or the status of gRPC among them.
 */
const optionalCallbacks: Partial<
  Record<ModuleName, Record<string, (plugin: PluginConfiguration) => boolean>>
> = {
  'header-mutation': { proxy_on_response_headers: editsLater },
};

/** What such a module exports and imports beside these callbacks; `module-callbacks.test.ts` holds it against them. */
const neededCapabilities = [
  'proxy_on_configure',
  'proxy_on_context_create',
  'proxy_on_request_headers',
  'proxy_on_request_trailers',
  'proxy_on_response_trailers',
  'proxy_on_tick',
  'proxy_add_header_map_value',
  'proxy_define_metric',
  'proxy_get_buffer_bytes',
  'proxy_get_header_map_pairs',
  'proxy_get_header_map_value',
  'proxy_get_metric',
  'proxy_get_property',
  'proxy_get_shared_data',
  'proxy_increment_metric',
  'proxy_log',
  'proxy_record_metric',
  'proxy_remove_header_map_value',
  'proxy_replace_header_map_value',
  'proxy_send_local_response',
  'proxy_set_effective_context',
  'proxy_set_shared_data',
  'proxy_set_tick_period_milliseconds',
  'clock_time_get',
  'random_get',
];

/**
 * The part of a VM's configuration that leaves out callbacks for which this configuration has no use; empty when it has
 * a use for all that the module exports.
 */
export function unusedCallbacksLeftOut(plugin: PluginConfiguration, modulePath: string): JsonObject {
  const optional = Object.entries(optionalCallbacks[basename(modulePath, '.wasm') as ModuleName] ?? {});
  const used = optional.filter(([, isUsed]) => isUsed(plugin)).map(([name]) => name);
  if (used.length === optional.length) return {};
  const allowed = [...neededCapabilities, ...used];
  return {
    capability_restriction_config: {
      allowed_capabilities: Object.fromEntries(allowed.map((name) => [name, {}])),
    },
  };
}

/** What trailers are edited by is settled when the response's headers come. */
function editsLater({ headerRules = [] }: PluginConfiguration): boolean {
  return headerRules.some(
    ({ response = [], requestTrailers = [], responseTrailers = [] }) =>
      response.length + requestTrailers.length + responseTrailers.length > 0,
  );
}
