import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { existingFiles, writeFolder } from './write-folder.ts';

let work: string;

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'sluice-folder-'));
});
afterEach(() => rmSync(work, { recursive: true }));

const everythingIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

const conflicting = new Map<string, string>([
  ['a', 'a file'],
  ['b/c', 'another'],
  ['a/b', 'in a folder that is a file'],
]);

describe('writeFolder', () => {
  it('writes texts and bytes, in folders of folders, and nothing else', async () => {
    const out = join(work, 'new/out');
    const bytes = new Uint8Array([0, 0xff, 0xfe, 10]);
    await writeFolder(
      out,
      new Map<string, string | Uint8Array>([
        ['a/b/bytes', bytes],
        ['text', 'ä\n'],
      ]),
    );
    expect(everythingIn(work)).toEqual([
      'new',
      'new/out',
      'new/out/a',
      'new/out/a/b',
      'new/out/a/b/bytes',
      'new/out/text',
    ]);
    expect(new Uint8Array(readFileSync(join(out, 'a/b/bytes')))).toEqual(bytes);
    expect(readFileSync(join(out, 'text'), 'utf8')).toBe('ä\n');
  });

  it('adds to a folder that exists, and keeps what else is there', async () => {
    writeFileSync(join(work, 'mine'), 'mine');
    mkdirSync(join(work, 'a'));
    writeFileSync(join(work, 'a/old'), 'before');
    await writeFolder(
      work,
      new Map([
        ['a/old', 'after'],
        ['a/b/new', 'new'],
      ]),
    );
    expect(everythingIn(work)).toEqual(['a', 'a/b', 'a/b/new', 'a/old', 'mine']);
    expect(readFileSync(join(work, 'a/old'), 'utf8')).toBe('after');
  });

  it('leaves nothing behind when one of the files cannot be written', async () => {
    await expect(writeFolder(join(work, 'out'), conflicting)).rejects.toThrow();
    expect(everythingIn(work)).toEqual([]);
    writeFileSync(join(work, 'mine'), 'mine');
    await expect(writeFolder(work, conflicting)).rejects.toThrow();
    expect(everythingIn(work)).toEqual(['mine']);
  });

  it('says which files exist already', async () => {
    mkdirSync(join(work, 'a'));
    writeFileSync(join(work, 'a/b'), '');
    const files = new Map([
      ['a/b', ''],
      ['c', ''],
    ]);
    expect(await existingFiles(work, files)).toEqual(['a/b']);
    expect(await existingFiles(join(work, 'none'), files)).toEqual([]);
  });
});
