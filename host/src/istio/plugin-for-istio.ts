import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import { rulesOfPlugin } from '../plan/rule-lists.ts';
import type { IstioOptions } from './options.ts';

/**
 * The plugin configuration in proxies of Istio, whose virtual hosts are named after the port that a policy means; the
 * authority has the one that the client called, of a load balancer or a node.
 */
export function pluginForIstio(plugin: PluginConfiguration, { logLevel }: IstioOptions): PluginConfiguration {
  const namesPorts = rulesOfPlugin(plugin).some(({ ports }) => ports !== undefined);
  const { version, ...rest } = plugin;
  return {
    version,
    ...(namesPorts && { portsFrom: 'virtualHost' as const }),
    ...rest,
    ...(logLevel !== undefined && { logLevel }),
  };
}
