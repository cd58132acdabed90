import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { watch } from 'chokidar';

/** An editor writes a file in several steps; this long after the last of them it is read. */
const quietMillis = 60;
/** Edits that never pause are read this often. */
const patienceMillis = 300;

export interface FileWatcher {
  close(): Promise<void>;
}

/**
 * Calls back after an edit of one of the files, or of anything in one of the folders. A file is watched through its
 * folder, so one that is replaced by rename, or deleted and written again, stays watched.
 */
export async function watchFiles(paths: readonly string[], onEdit: () => void): Promise<FileWatcher> {
  const folders: string[] = [];
  const files = new Set<string>();
  for (const path of paths.map((each) => resolve(each))) {
    if ((await stat(path)).isDirectory()) folders.push(path);
    else files.add(path);
  }
  const parents = new Set([...files].map((file) => dirname(file)));
  const isInFolder = (path: string) =>
    folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
  const isHidden = (path: string) => basename(path).startsWith('.');
  const watcher = watch([...folders, ...parents], {
    ignoreInitial: true,
    // Not every neighbour of a watched file, only the file itself.
    ignored: (path) => {
      if (files.has(path) || parents.has(path) || folders.includes(path)) return false;
      return !isInFolder(path) || isHidden(path);
    },
  });
  let timer: NodeJS.Timeout | undefined;
  let firstUnread: number | undefined;
  watcher.on('all', () => {
    firstUnread ??= performance.now();
    clearTimeout(timer);
    const patience = firstUnread + patienceMillis - performance.now();
    timer = setTimeout(
      () => {
        firstUnread = undefined;
        onEdit();
      },
      Math.max(0, Math.min(quietMillis, patience)),
    );
  });
  await new Promise<void>((ready) => watcher.once('ready', ready));
  return {
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
