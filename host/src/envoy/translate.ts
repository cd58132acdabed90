import type { Plan } from '../plan/plan.ts';
import { bootstrapFromFiles, bootstrapInOneFile } from './bootstrap.ts';
import { clusters } from './clusters.ts';
import { type EnvoyFiles, xdsFile } from './files.ts';
import { withUpstreams } from './host-upstreams.ts';
import { leaveHostsToRoutes } from './hosts-left-to-routes.ts';
import type { JsonObject } from './json.ts';
import { withNativeHeaderEdits } from './native-header-edits.ts';
import type { EnvoyOptions } from './options.ts';
import { pluginForListeners } from './plugin-for-listeners.ts';
import { routeConfiguration } from './routes.ts';
import { wasmFilter, wasmFilterResource } from './wasm-filter.ts';

/** A plan as files for one Envoy: what may change lies in files of its own, which Envoy watches. */
export function translateToEnvoy(asked: Plan, options: EnvoyOptions): EnvoyFiles {
  const { plan } = withNativeHeaderEdits(asked);
  const plugin = pluginForListeners(plan.plugin, options);
  const inForce = options.leaveHostsToRoutes
    ? leaveHostsToRoutes(plugin, withUpstreams(plan, options))
    : plugin;
  const filterFor: EnvoyFiles['filterFor'] = (other) =>
    xdsFile('filter.json', [wasmFilterResource(other, options)]);
  return {
    bootstrap: bootstrapFromFiles(options),
    clusters: xdsFile('clusters.json', clusters(plan, options)),
    filter: filterFor(inForce),
    routes: xdsFile('routes.json', [routeConfiguration(plan, options, 'external')]),
    ...(options.listenLocal !== undefined && {
      routesLocal: xdsFile('routes-local.json', [routeConfiguration(plan, options, 'local')]),
    }),
    plugin,
    filterFor,
  };
}

/** A plan as one self-contained bootstrap. A change of it needs a restart. */
export function translateToOneEnvoyFile(asked: Plan, options: EnvoyOptions): JsonObject {
  const { plan } = withNativeHeaderEdits(asked);
  const plugin = pluginForListeners(plan.plugin, options);
  return bootstrapInOneFile(
    options,
    clusters(plan, options),
    (listener) => routeConfiguration(plan, options, listener),
    wasmFilter(plugin, options),
  );
}
