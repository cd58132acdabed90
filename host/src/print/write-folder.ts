import { constants } from 'node:fs';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** What a folder is to hold: content by path, with `/` between the folders of a path. Written in this order. */
export type FolderFiles = ReadonlyMap<string, string | Uint8Array>;

/** The paths of `files` that already stand in `folder`. */
export async function existingFiles(folder: string, files: FolderFiles): Promise<string[]> {
  const paths = [...files.keys()];
  const exists = await Promise.all(paths.map((path) => isThere(join(folder, path))));
  return paths.filter((_, index) => exists[index]);
}

/**
 * Writes every file whole. All contents are on disk in a folder aside before the first one is put in its place; a folder
 * that is new appears at once, with everything in it.
 */
export async function writeFolder(folder: string, files: FolderFiles): Promise<void> {
  const final = resolve(folder);
  const isNew = !(await isThere(final));
  // On the file system of its destination, or it could not be renamed into it.
  const aside = join(isNew ? dirname(final) : final, `.${basename(final)}.${process.pid}.tmp`);
  await mkdir(dirname(aside), { recursive: true });
  await mkdir(aside);
  try {
    await writeFiles(aside, files);
    if (isNew) await rename(aside, final);
    else await moveFiles(aside, final, files);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function writeFiles(folder: string, files: FolderFiles): Promise<void> {
  for (const [path, content] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content, { flag: 'wx' });
  }
}

async function moveFiles(from: string, to: string, files: FolderFiles): Promise<void> {
  for (const path of files.keys()) await mkdir(dirname(join(to, path)), { recursive: true });
  for (const path of files.keys()) await rename(join(from, path), join(to, path));
}

function isThere(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
