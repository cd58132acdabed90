import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import wabt from 'wabt';
import { repository } from '../environment/tools.ts';
import { wasmFilter } from '../environment/wasm-filter.ts';
import type { Variant } from './variant.ts';

const sourcePath = join(import.meta.dirname, 'modules/empty.wat');
const buildFolder = join(repository, 'build/bench');

export const emptyWasm: Variant = {
  name: 'empty-wasm',
  title: 'empty Wasm filter',
  httpFilters: async () => [
    wasmFilter({ name: 'empty-wasm', rootId: 'empty', modulePath: await assemble(), configuration: '' }),
  ],
};

async function assemble(): Promise<string> {
  const tools = await wabt();
  const { buffer } = tools.parseWat(sourcePath, readFileSync(sourcePath, 'utf8')).toBinary({});
  const modulePath = join(buildFolder, 'empty.wasm');
  mkdirSync(buildFolder, { recursive: true });
  writeFileSync(modulePath, buffer);
  return modulePath;
}
