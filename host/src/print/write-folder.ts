import { constants } from 'node:fs';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The names of `files` that already stand in `folder`. */
export async function existingFiles(folder: string, files: ReadonlyMap<string, string>): Promise<string[]> {
  const names = [...files.keys()];
  const exists = await Promise.all(
    names.map((name) =>
      access(join(folder, name), constants.F_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return names.filter((_, index) => exists[index]);
}

/** Writes every file whole: all texts are on disk under other names before the first one is put in its place. */
export async function writeFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const written = [...files].map(([name, text]) => ({
    temporary: join(folder, `.${name}.${process.pid}.tmp`),
    final: join(folder, name),
    text,
  }));
  try {
    for (const { temporary, text } of written) await writeFile(temporary, text, { flag: 'wx' });
    for (const { temporary, final } of written) await rename(temporary, final);
  } finally {
    for (const { temporary } of written) await rm(temporary, { force: true });
  }
}
