import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plan } from '../../host/src/plan/plan-policies.ts';
import type { PluginConfiguration } from '../../host/src/plan/plugin-configuration.ts';
import { pluginConfigurationSchema } from '../../host/src/plan/plugin-configuration-schema.ts';
import { type Diagnostic, formatDiagnostic } from '../../host/src/policy/diagnostic.ts';
import { parse } from '../../host/src/policy/parse.ts';
import { validate } from '../../host/src/policy/validate.ts';
import { printJson } from '../../host/src/print/json.ts';
import { createSimulator } from '../../host/src/simulator/index.ts';

/*
 * One folder a case, named as a sentence: input.yaml → plugin.json, warnings.txt.
 * `UPDATE_GOLDEN=1 npx vitest run test/golden` writes the outputs anew and deletes files that belong to no case.
 */
const isUpdate = process.env.UPDATE_GOLDEN === '1';
const cases = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) =>
  entry.isDirectory(),
);

const module = join(import.meta.dirname, '../../modules/sluice.wasm');

function compile(input: string): { plugin: PluginConfiguration; diagnostics: Diagnostic[] } {
  const parsed = parse([{ name: 'input.yaml', text: input }]);
  const validated = validate(parsed.documents);
  const planned = plan(validated.policies);
  const diagnostics = [...parsed.diagnostics, ...validated.diagnostics, ...planned.diagnostics];
  return { plugin: planned.plan.plugin, diagnostics };
}

function outputs(input: string): Map<string, string> {
  const { plugin, diagnostics } = compile(input);
  const text = diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`).join('');
  return new Map([
    ['plugin.json', printJson(withoutTables(plugin))],
    ['warnings.txt', text],
  ]);
}

/** Tables have tests of their own, and would hide everything else here. */
function withoutTables(plugin: PluginConfiguration): PluginConfiguration {
  if (plugin.patterns === undefined) return plugin;
  return {
    ...plugin,
    patterns: plugin.patterns.map(({ expression }) => ({ expression, table: '(compiled)' })),
  };
}

describe.each(cases.map(({ name }) => name))('%s', (name) => {
  const folder = join(import.meta.dirname, name);
  const input = join(folder, 'input.yaml');
  if (isUpdate) update(folder, input);

  it('gives the expected configuration and warnings, and no error', () => {
    const found = outputs(readFileSync(input, 'utf8'));
    for (const [file, text] of found) expect(text, file).toBe(readFileSync(join(folder, file), 'utf8'));
    expect(found.get('warnings.txt')).not.toContain(': error: ');
  });

  it('fits the JSON Schema', () => {
    const plugin = JSON.parse(readFileSync(join(folder, 'plugin.json'), 'utf8'));
    expect(pluginConfigurationSchema.safeParse(plugin).error?.issues).toBeUndefined();
  });

  it.runIf(existsSync(module))('is accepted by the module', () => {
    const { plugin } = compile(readFileSync(input, 'utf8'));
    expect(() => createSimulator({ module, configuration: plugin })).not.toThrow();
  });

  it('has no file that belongs to nothing', () => {
    expect(readdirSync(folder).sort()).toEqual(['input.yaml', 'plugin.json', 'warnings.txt']);
  });
});

function update(folder: string, input: string): void {
  if (!existsSync(input)) {
    rmSync(folder, { recursive: true });
    return;
  }
  const found = outputs(readFileSync(input, 'utf8'));
  for (const file of readdirSync(folder)) {
    if (file !== 'input.yaml' && !found.has(file)) rmSync(join(folder, file), { recursive: true });
  }
  for (const [file, text] of found) writeFileSync(join(folder, file), text);
}
