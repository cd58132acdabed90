import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printFile, type XdsFile } from '../envoy/files.ts';

/** The folder Envoy watches. A file appears in it whole, by rename, which is also what Envoy looks for. */
export class XdsDirectory {
  readonly path: string;
  readonly #drafts: string;

  private constructor(path: string, drafts: string) {
    this.path = path;
    this.#drafts = drafts;
  }

  static async create(path: string): Promise<XdsDirectory> {
    // Beside the watched folder and on the same disk, so that writing a draft wakes nobody.
    const drafts = `${path}.drafts`;
    await mkdir(path, { recursive: true });
    await mkdir(drafts, { recursive: true });
    return new XdsDirectory(path, drafts);
  }

  async replace(file: XdsFile): Promise<void> {
    const draft = join(this.#drafts, file.name);
    await writeFile(draft, printFile(file.response));
    await rename(draft, join(this.path, file.name));
  }
}
