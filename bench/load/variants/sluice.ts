import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { leaveHostsToRoutes } from '../../../host/src/envoy/hosts-left-to-routes.ts';
import { unusedCallbacksLeftOut } from '../../../host/src/envoy/module-callbacks.ts';
import type { PluginConfiguration, RateLimitRule } from '../../../host/src/plan/plugin-configuration.ts';
import { benchHost, keptAliveStatus, rules } from '../../rules.ts';
import { repository } from '../environment/tools.ts';
import { wasmFilter } from '../environment/wasm-filter.ts';
import type { Variant } from './variant.ts';

export const sluiceVariants: Variant[] = [
  sluice('sluice-every-host', 'Sluice, one bucket for every host', [rules.everyHost]),
  sluice('sluice-bucket', 'Sluice, one bucket for one host', [rules.bucket]),
  sluicePlugin(
    'sluice-routed-host',
    'Sluice, one bucket for one host, as `sluice run` writes it: no other host is routed to the filter',
    leaveHostsToRoutes({ version: 1, rateLimits: [rules.bucket] }, [
      {
        name: benchHost,
        domains: [benchHost],
        routes: [{ name: 'default', pathPrefix: '/', filtered: true }],
      },
    ]),
    'rate-limit.wasm',
  ),
  sluice('sluice-header-key', 'Sluice, a bucket per header value', [rules.headerKey]),
  sluice('sluice-client-address-key', 'Sluice, a bucket per client address', [rules.clientAddressKey]),
  sluice('sluice-sliding-window', 'Sluice, sliding window', [rules.slidingWindow]),
  { ...sluice('sluice-refused', 'Sluice, request refused', [rules.refused]), status: keptAliveStatus },
  sluice('sluice-all-in-one', 'Sluice, one bucket, sluice.wasm', [rules.bucket], 'sluice.wasm'),
];

export function sluice(
  name: string,
  title: string,
  rateLimits: RateLimitRule[],
  module = 'rate-limit.wasm',
): Variant {
  return sluicePlugin(name, title, { version: 1, rateLimits }, module);
}

export function sluicePlugin(
  name: string,
  title: string,
  configuration: PluginConfiguration,
  module: string,
): Variant {
  return withModule(name, title, configuration, join(repository, 'modules', module));
}

function withModule(
  name: string,
  title: string,
  configuration: PluginConfiguration,
  modulePath: string,
): Variant {
  return {
    name,
    title,
    missing: () => (existsSync(modulePath) ? undefined : `${relative(repository, modulePath)} is not built`),
    httpFilters: () => [
      wasmFilter({
        name,
        rootId: 'sluice',
        modulePath,
        configuration: JSON.stringify(configuration),
        vm: unusedCallbacksLeftOut(configuration, modulePath),
      }),
    ],
    ofModule: (path, label) => withModule(`${name}@${label}`, `${title}, ${label}`, configuration, path),
  };
}
