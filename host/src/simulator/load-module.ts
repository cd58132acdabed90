import { readFileSync } from 'node:fs';
import { abiVersionExport, allocatorExports } from './abi.ts';
import { readModuleSections } from './module-sections.ts';
import { callbackExports, importSignature } from './signatures.ts';

/** A module that Envoy can load, or every reason why it cannot. */
export type LoadedModule =
  | { accepted: true; module: WebAssembly.Module; bytes: Uint8Array<ArrayBuffer> }
  | { accepted: false; problems: string[] };

export interface LoadModuleOptions {
  /** Also require the export `sluice_configuration_version`, which only Sluice's modules have. Default false. */
  requireSluice?: boolean;
}

export const sluiceMarkerExport = 'sluice_configuration_version';

/**
 * Checks a module without running any of it: a module with one of these faults makes Envoy refuse to start, and a
 * start section that calls the host ends the whole Envoy process.
 */
export function loadModule(source: string | Uint8Array, options: LoadModuleOptions = {}): LoadedModule {
  let bytes: Uint8Array<ArrayBuffer>;
  if (typeof source === 'string') {
    try {
      bytes = new Uint8Array(readFileSync(source));
    } catch (error) {
      return refused(`${source}: cannot be read: ${(error as Error).message}`);
    }
  } else {
    bytes = new Uint8Array(source);
  }
  if (bytes.length < 8 || bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d) {
    return refused('expected a WebAssembly binary, got a file that does not begin with `\\0asm`');
  }
  const version = new DataView(bytes.buffer).getUint32(4, true);
  if (version !== 1) return refused(`expected WebAssembly version 1, got ${version}`);

  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch (error) {
    return refused(`the WebAssembly binary is broken: ${(error as Error).message}`);
  }

  const problems: string[] = [];
  const sections = readModuleSections(bytes);
  if (sections.hasStartSection) {
    problems.push(
      'expected no start section, got one: a host call in it ends the Envoy process; export `_initialize` instead',
    );
  }
  const kinds = new Map(WebAssembly.Module.exports(module).map((entry) => [entry.name, entry.kind]));
  if (kinds.get(abiVersionExport) !== 'function') {
    const other = [...kinds.keys()].find((name) => name.startsWith('proxy_abi_version_'));
    problems.push(
      `expected an exported function \`${abiVersionExport}\`, got ${other ? `\`${other}\`` : 'none'}`,
    );
  }
  if (!allocatorExports.some((name) => kinds.get(name) === 'function')) {
    problems.push('expected an exported function `proxy_on_memory_allocate` or `malloc`, got neither');
  }
  if (kinds.get('memory') !== 'memory') problems.push('expected an exported memory `memory`, got none');
  for (const [name, expected] of Object.entries(callbackExports)) {
    const actual = sections.exportedFunctions.get(name);
    if (actual !== undefined && actual !== expected) {
      problems.push(`export \`${name}\`: expected type ${describe(expected)}, got ${describe(actual)}`);
    }
  }
  for (const { module: moduleName, name, kind } of WebAssembly.Module.imports(module)) {
    const label = `import \`${moduleName}.${name}\``;
    const expected = importSignature(moduleName, name);
    const actual = sections.importedFunctions.get(`${moduleName}.${name}`);
    if (expected === undefined) problems.push(`${label}: Envoy offers no such ${kind}`);
    else if (kind !== 'function') problems.push(`${label}: expected a function, got a ${kind}`);
    else if (actual !== expected) {
      problems.push(`${label}: expected type ${describe(expected)}, got ${describe(actual ?? '?')}`);
    }
  }
  if (options.requireSluice && kinds.get(sluiceMarkerExport) !== 'function') {
    problems.push(`expected a Sluice module, which exports \`${sluiceMarkerExport}\`, got a foreign one`);
  }
  return problems.length > 0 ? { accepted: false, problems } : { accepted: true, module, bytes };
}

function refused(problem: string): LoadedModule {
  return { accepted: false, problems: [problem] };
}

const typeNames: Readonly<Record<string, string>> = { i: 'i32', l: 'i64', f: 'f32', d: 'f64', '?': '?' };

/** `(i32, i64) → i32` from `il:i`. */
function describe(signature: string): string {
  const [parameters = '', results = ''] = signature.split(':');
  const names = (letters: string) => [...letters].map((letter) => typeNames[letter]).join(', ');
  return `(${names(parameters)}) → ${results === '' ? 'nothing' : names(results)}`;
}
