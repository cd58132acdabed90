/** Provides what the Istio suite runs on, in the folder that is named; what is there already is kept. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildProgram } from './build-program.ts';
import { copyDefinitions } from './copy-definitions.ts';
import { definitionSources, goPrograms } from './programs.ts';
import { unpackEtcd } from './unpack-etcd.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('expected the folder to build into as the only argument');

const say = (line: string) => console.error(`» ${line}`);
await mkdir(folder, { recursive: true });
await unpackEtcd(folder, say);
// One after the other: each keeps all cores busy, and the later ones find much of their code compiled.
for (const program of goPrograms) await buildProgram(program, folder, say);
for (const definitions of definitionSources) await copyDefinitions(definitions, join(folder, 'definitions'));
say(`the bed's programs are in ${folder}`);
