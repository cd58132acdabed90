import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import { withRuleLists } from '../plan/rule-lists.ts';
import type { EnvoyOptions } from './options.ts';

/**
 * A policy names the ports of the gateway it was written for. Here clients call another port, and say so in the
 * authority (`curl http://host:10000/`), so the listeners' own ports count as named too.
 */
export function pluginForListeners(plugin: PluginConfiguration, options: EnvoyOptions): PluginConfiguration {
  const own = [options.listen.port, options.listenLocal?.port ?? 0].filter((port) => port !== 0);
  const named = withRuleLists(plugin, (rules) =>
    rules.map((rule) =>
      rule.ports === undefined ? rule : { ...rule, ports: [...new Set([...rule.ports, ...own])] },
    ),
  );
  return { ...named, ...(options.logLevel !== undefined && { logLevel: options.logLevel }) };
}
