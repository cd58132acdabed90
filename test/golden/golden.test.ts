import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { JsonObject } from '../../host/src/envoy/json.ts';
import { translateToEnvoy, translateToOneEnvoyFile } from '../../host/src/envoy/translate.ts';
import type { PluginConfiguration } from '../../host/src/plan/plugin-configuration.ts';
import { pluginConfigurationSchema } from '../../host/src/plan/plugin-configuration-schema.ts';
import { printJson } from '../../host/src/print/json.ts';
import { modulePath } from '../../host/src/proxy/module-path.ts';
import { createSimulator } from '../../host/src/simulator/index.ts';
import { messagesText, planInput } from '../golden-support/compile-input.ts';
import { goldenOptions, validateWithEnvoy } from '../golden-support/envoy-validation.ts';
import { describeGolden } from '../golden-support/golden-folder.ts';

/* input.yaml → plugin.json, warnings.txt; where headers are edited, envoy.json: Envoy's routes, and what is left to the module. */

describeGolden(import.meta.dirname, {
  outputs({ input }) {
    const { plan, diagnostics } = planInput(input);
    return new Map([
      ['plugin.json', printJson(withoutTables(plan.plugin))],
      ['warnings.txt', messagesText(diagnostics)],
      ...(plan.plugin.headerRules === undefined ? [] : [['envoy.json', envoyOutput(input)] as const]),
    ]);
  },
  more({ folder, input }) {
    it('has no error', () => {
      expect(readFileSync(join(folder, 'warnings.txt'), 'utf8')).not.toContain(': error: ');
    });

    it('fits the JSON Schema', () => {
      const plugin = JSON.parse(readFileSync(join(folder, 'plugin.json'), 'utf8'));
      expect(pluginConfigurationSchema.safeParse(plugin).error?.issues).toBeUndefined();
    });

    it('is accepted by the module', () => {
      const { plugin } = planInput(input).plan;
      expect(() => createSimulator({ module: modulePath(), configuration: plugin })).not.toThrow();
    });

    if (!existsSync(join(folder, 'envoy.json'))) return;
    it('is accepted by Envoy', async () => {
      const bootstrap = translateToOneEnvoyFile(planInput(input).plan, goldenOptions);
      await expect(validateWithEnvoy(bootstrap)).resolves.toBeUndefined();
    });
  },
});

/** Tables have tests of their own, and would hide everything else here. */
function withoutTables(plugin: PluginConfiguration): PluginConfiguration {
  if (plugin.patterns === undefined) return plugin;
  return {
    ...plugin,
    patterns: plugin.patterns.map(({ expression }) => ({ expression, table: '(compiled)' })),
  };
}

/** Names of the header rules that the module still has, and Envoy's virtual hosts with the edits it makes itself. */
function envoyOutput(input: string): string {
  const { plugin, routes } = translateToEnvoy(planInput(input).plan, goldenOptions);
  const [{ virtual_hosts }] = routes.response.resources as [{ virtual_hosts: JsonObject[] }];
  return printJson({ headerRulesInModule: plugin.headerRules?.map(({ name }) => name) ?? [], virtual_hosts });
}
