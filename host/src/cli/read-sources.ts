import { createReadStream, type Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { MAX_SOURCE_BYTES, type Source, sourceTooLong } from '../policy/source.ts';
import { EnvironmentError } from '../proxy/environment-error.ts';

/** File names that are read in a folder; a file named by the user is read whatever its name. */
const POLICY_FILE = /\.(yaml|yml|json)$/i;

export interface SourcesRead {
  sources: Source[];
  /** Files that are no policy text: too long, or not UTF-8. */
  diagnostics: Diagnostic[];
}

/**
 * Reads what `-f` names: files, folders (recursively, sorted by name, hidden files left out) and `-` for standard
 * input. A file that is named twice is read once. Throws an EnvironmentError where there is nothing to read.
 */
export async function readSources(paths: readonly string[]): Promise<SourcesRead> {
  const files = new Map<string, string>();
  for (const path of paths) {
    if (path === '-') files.set('-', '<stdin>');
    else
      for (const file of await listFiles(path)) if (!files.has(resolve(file))) files.set(resolve(file), file);
  }
  const read: SourcesRead = { sources: [], diagnostics: [] };
  for (const [path, name] of files) await readSource(path, name, read);
  return read;
}

async function listFiles(path: string): Promise<string[]> {
  if (!(await statOf(path)).isDirectory()) return [path];
  const files = await listFolder(path);
  if (files.length === 0)
    throw new EnvironmentError(`expected *.yaml, *.yml or *.json files in ${path}, got none`);
  return files;
}

async function listFolder(folder: string): Promise<string[]> {
  const files: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  // Hidden entries are left out: a mounted ConfigMap keeps every file a second time under `..data`.
  const visible = entries.filter(({ name }) => !name.startsWith('.'));
  for (const entry of visible.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await listFolder(path)));
    else if (POLICY_FILE.test(entry.name) && !(await statOf(path)).isDirectory()) files.push(path);
  }
  return files;
}

async function statOf(path: string): Promise<Stats> {
  return stat(path).catch((error) => {
    throw cannotRead(path, error);
  });
}

async function readSource(path: string, name: string, read: SourcesRead): Promise<void> {
  const refuse = (message: string) => {
    read.diagnostics.push({
      severity: 'error',
      position: { file: name, line: 1, column: 1 },
      path: '',
      message,
    });
  };
  if (path !== '-') {
    const { size } = await statOf(path);
    const tooLong = sourceTooLong(size);
    if (tooLong !== undefined) return refuse(tooLong);
  }
  const reading =
    path === '-' ? readStandardInput() : readAtMost(createReadStream(path), MAX_SOURCE_BYTES + 1);
  const bytes = await reading.catch((error) => {
    throw cannotRead(name, error);
  });
  const tooLong = sourceTooLong(bytes.length);
  if (tooLong !== undefined) return refuse(tooLong);
  try {
    read.sources.push({ name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) });
  } catch {
    refuse('expected text in UTF-8, got other bytes');
  }
}

let standardInput: Promise<Buffer> | undefined;

/** Standard input can be read once; whoever reads the policies again after an edit gets the same text. */
function readStandardInput(): Promise<Buffer> {
  standardInput ??= readAtMost(process.stdin, MAX_SOURCE_BYTES + 1);
  return standardInput;
}

/** Bounded also for what tells no size: pipes and devices. */
async function readAtMost(stream: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= limit) break;
  }
  return Buffer.concat(chunks);
}

function cannotRead(path: string, error: NodeJS.ErrnoException): EnvironmentError {
  const reason = error.code === 'ENOENT' ? 'no such file or folder' : error.message;
  return new EnvironmentError(`cannot read ${path}: ${reason}`);
}
