import { existingFiles, type FolderFiles, writeFolder } from '../print/write-folder.ts';
import { EnvironmentError } from '../proxy/environment-error.ts';

const MOST_NAMED = 4;

/** Writes what `--output` asked for. What is there already is overwritten only with `--force`. */
export async function writeOutput(folder: string, files: FolderFiles, force: boolean): Promise<void> {
  const existing = force ? [] : await existingFiles(folder, files);
  if (existing.length > 0) {
    throw new EnvironmentError(`expected no ${enumerate(existing)} in ${folder}; overwrite with --force`);
  }
  await writeFolder(folder, files);
}

function enumerate(names: string[]): string {
  const rest = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
