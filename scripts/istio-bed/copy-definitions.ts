import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { go } from './build-program.ts';
import type { DefinitionSource } from './programs.ts';

/** Writes custom resource definitions out of a Go module into one file; a module is fetched when it is not there. */
export async function copyDefinitions(definitions: DefinitionSource, folder: string): Promise<void> {
  const moduleFolder = join(import.meta.dirname, definitions.module);
  const { Dir } = JSON.parse(await go(['mod', 'download', '-json', definitions.source], moduleFolder)) as {
    Dir: string;
  };
  const documents = yamlFiles(join(Dir, definitions.path)).map((path) => readFileSync(path, 'utf8'));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, definitions.file), documents.join('\n---\n'));
}

/** A kustomization lists the others and is no object of its own. */
function yamlFiles(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.yaml') && !name.startsWith('kustomization'))
    .sort()
    .map((name) => join(path, name));
}
