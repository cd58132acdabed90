import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { sluiceModule } from '../../module/modules.ts';
import { runCommand } from './bed/run-command.ts';

export interface CompileOptions {
  resource?: 'EnvoyFilter' | 'WasmPlugin' | 'TrafficExtension';
  /** Default: the module of this checkout, as a file. */
  moduleSource?: string;
  more?: string[];
}

const command = join(import.meta.dirname, '../../../host/src/cli/main.ts');

/** What `sluice compile --to istio` makes of policies, as YAML. */
export function compileToIstio(policies: string, options: CompileOptions = {}): Promise<string> {
  const { resource, moduleSource = `file:${sluiceModule}`, more = [] } = options;
  const kind = resource === undefined ? [] : ['--resource', resource];
  return compile('istio', moduleSource, [...kind, ...more], policies);
}

/** What `sluice compile --to envoy-gateway` makes of policies, for the Gateway `default/eg`. */
export function compileToEnvoyGateway(policies: string, moduleSource: string): Promise<string> {
  return compile('envoy-gateway', moduleSource, [], policies);
}

function compile(target: string, moduleSource: string, more: string[], policies: string): Promise<string> {
  const compileArguments = ['--file', '-', '--to', target, '--module-source', moduleSource, ...more];
  return runCommand([process.execPath, command, 'compile', ...compileArguments], { input: policies });
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: unknown;
}

export function objectsIn(documents: string): KubernetesObject[] {
  return parseAllDocuments(documents).flatMap((document) => (document.toJS() as KubernetesObject) ?? []);
}

/** The plugin configurations in documents: text in EnvoyFilters, objects in the kinds of their own. */
export function pluginsIn(documents: string): unknown[] {
  const found: unknown[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { '@type': type, value: text, pluginConfig, rootID, config } = value as Record<string, unknown>;
    if (type === 'type.googleapis.com/google.protobuf.StringValue') found.push(JSON.parse(String(text)));
    else if (pluginConfig !== undefined) found.push(pluginConfig);
    else if (rootID !== undefined) found.push(config);
    else for (const each of Object.values(value)) look(each);
  };
  for (const each of objectsIn(documents)) look(each);
  return found;
}
