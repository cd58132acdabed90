import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { envoyTarget } from '../../host/src/cli/compile/envoy-targets.ts';
import { envoyGatewayTarget, istioTarget } from '../../host/src/cli/compile/mesh-targets.ts';
import { type CompileOptions, parseGateway } from '../../host/src/cli/compile/options.ts';
import type { CompileTarget } from '../../host/src/cli/compile/target.ts';
import type { IstioResource } from '../../host/src/istio/options.ts';
import { EnvironmentError } from '../../host/src/proxy/environment-error.ts';
import { modulePath } from '../../host/src/proxy/module-path.ts';
import { createSimulator } from '../../host/src/simulator/index.ts';
import { messagesText, readInput } from '../golden-support/compile-input.ts';
import { goldenOptions } from '../golden-support/envoy-validation.ts';
import { describeGolden, type GoldenCase } from '../golden-support/golden-folder.ts';

/*
 * input.yaml, and options.json where a case needs some → a file for each target that can carry it, and messages.txt with
 * what each target says. An API server, and Istio's and Envoy Gateway's own checks, see them in test/heavy/istio.
 */

interface Output {
  file: string;
  target: CompileTarget;
  resource: IstioResource;
  /** Where the case says nothing. */
  moduleSource?: string;
}

const OUTPUTS: readonly Output[] = [
  { file: 'envoy.json', target: envoyTarget, resource: 'EnvoyFilter' },
  { file: 'istio.yaml', target: istioTarget, resource: 'EnvoyFilter' },
  { file: 'wasmplugin.yaml', target: istioTarget, resource: 'WasmPlugin' },
  { file: 'trafficextension.yaml', target: istioTarget, resource: 'TrafficExtension' },
  {
    file: 'envoy-gateway.yaml',
    target: envoyGatewayTarget,
    resource: 'EnvoyFilter',
    moduleSource: `oci://registry.example/sluice:1.2.3#sha256=${'ab'.repeat(32)}`,
  },
];

describeGolden(import.meta.dirname, {
  furtherInputs: ['options.json'],
  outputs(golden) {
    const texts = new Map<string, string>();
    let messages = '';
    for (const output of OUTPUTS) {
      const { text, said } = compile(golden, output);
      if (text !== undefined) texts.set(output.file, text);
      if (said !== '') messages += `${output.file}:\n${said.trimEnd().replaceAll(/^/gm, '  ')}\n`;
    }
    return texts.set('messages.txt', messages);
  },
  more({ folder }) {
    const files = OUTPUTS.map(({ file }) => join(folder, file)).filter(
      (file) => file.endsWith('.yaml') && existsSync(file),
    );
    if (files.length === 0) return;
    it('has plugin configurations that the module accepts', () => {
      for (const file of files) {
        const configurations = pluginConfigurations(readFileSync(file, 'utf8'));
        expect(configurations.length, file).toBeGreaterThan(0);
        for (const configuration of configurations) {
          expect(() => createSimulator({ module: modulePath(), configuration }), file).not.toThrow();
        }
      }
    });

    const file = join(folder, 'istio.yaml');
    if (!existsSync(file)) return;
    it('has no two extensions, or clusters, of one name', () => {
      // One proxy may get several of the objects, and Envoy knows filters, extensions and clusters by their names.
      const added = patchesOf(readFileSync(file, 'utf8')).filter(({ patch }) => patch.operation === 'ADD');
      const names = added.map(({ applyTo, patch }) => `${applyTo} ${patch.value.name}`);
      expect(names).toEqual([...new Set(names)]);
    });
  },
});

describe('all cases together', () => {
  it('are at least twenty that every target carries', () => {
    const folders = readdirSync(import.meta.dirname);
    const complete = folders.filter((folder) =>
      OUTPUTS.every(({ file }) => existsSync(join(import.meta.dirname, folder, file))),
    );
    expect(complete.length).toBeGreaterThanOrEqual(20);
  });
});

/** What `sluice compile` would print; no text when something stands against it. */
function compile({ folder, input }: GoldenCase, output: Output): { text?: string; said: string } {
  const { policies, diagnostics } = readInput(input);
  try {
    const compiled = output.target.compile(policies, optionsOf(folder, output));
    const all = [...diagnostics, ...compiled.diagnostics];
    const said = messagesText(all);
    if (all.some(({ severity }) => severity === 'error')) return { said };
    const notes = compiled.notes.map((note) => `${note}\n`).join('');
    return {
      text: compiled.text().replaceAll(modulePath(), '/modules/sluice.wasm'),
      said: `${said}${notes}`,
    };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return { said: `sluice: ${error.message}` };
  }
}

function optionsOf(folder: string, { resource, moduleSource }: Output): CompileOptions {
  const file = join(folder, 'options.json');
  const given = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return {
    to: '',
    file: [],
    strict: false,
    force: false,
    explain: false,
    listen: goldenOptions.listen,
    admin: goldenOptions.admin,
    upstream: { byHost: new Map() },
    bypass: [],
    resource,
    ...(moduleSource !== undefined && { moduleSource }),
    ...given,
    ...(given.gateway !== undefined && { gateway: parseGateway(given.gateway) }),
  };
}

interface ConfigPatch {
  applyTo: string;
  patch: {
    operation: string;
    value: { name: string; typed_config: { config: { configuration: { value: string } } } };
  };
}

interface Specification {
  /** Of an EnvoyFilter. */
  configPatches?: ConfigPatch[];
  /** Of a WasmPlugin. */
  pluginConfig?: object;
  /** Of a TrafficExtension, of an EnvoyExtensionPolicy. */
  wasm?: { pluginConfig: object } | { config: object }[];
}

/** Read as readers of Kubernetes do, in YAML 1.1. */
function specificationsOf(text: string): Specification[] {
  return parseAllDocuments(text, { version: '1.1' }).map(
    (document) => (document.toJS() as { spec: Specification }).spec,
  );
}

function patchesOf(text: string): ConfigPatch[] {
  return specificationsOf(text).flatMap(({ configPatches = [] }) => configPatches);
}

/** What comes to the module. */
function pluginConfigurations(text: string): string[] {
  return specificationsOf(text).flatMap(configurationsOf);
}

function configurationsOf({ configPatches, pluginConfig, wasm }: Specification): string[] {
  if (configPatches !== undefined) {
    return configPatches
      .filter(({ applyTo }) => applyTo === 'EXTENSION_CONFIG')
      .map(({ patch }) => patch.value.typed_config.config.configuration.value);
  }
  const objects = Array.isArray(wasm)
    ? wasm.map(({ config }) => config)
    : [pluginConfig ?? wasm?.pluginConfig];
  return objects.map((object) => JSON.stringify(object));
}
