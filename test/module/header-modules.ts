import { fileURLToPath } from 'node:url';
import type { HeaderRule, PluginConfiguration } from '../../host/src/plan/plugin-configuration.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../host/src/simulator/index.ts';

export const headerMutationModule = fileURLToPath(
  new URL('../../modules/header-mutation.wasm', import.meta.url),
);

export function headerConfiguration(
  ...rules: (Omit<HeaderRule, 'name'> & { name?: string })[]
): PluginConfiguration {
  return {
    version: 1,
    headerRules: rules.map((rule, index) => ({ name: `rule-${index}`, ...rule })),
  };
}

export function simulateHeaders(
  configuration: PluginConfiguration,
  options: Partial<SimulatorOptions> = {},
): Simulator {
  return createSimulator({
    module: headerMutationModule,
    configuration,
    requireSluice: true,
    ...options,
  });
}
