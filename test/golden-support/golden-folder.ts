import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** A folder with an `input.yaml` and what must come of it. */
export interface GoldenCase {
  name: string;
  folder: string;
  /** The policies. */
  input: string;
}

interface GoldenSuite {
  /** File names and texts that come of a case. */
  outputs(golden: GoldenCase): ReadonlyMap<string, string>;
  /** Files of a case beside `input.yaml` that are no output. */
  furtherInputs?: readonly string[];
  /** Further tests of a case. */
  more?(golden: GoldenCase): void;
}

/**
 * One test group for each folder in `directory`, named as a sentence. `UPDATE_GOLDEN=1 npx vitest run test/golden` writes
 * the outputs anew and deletes files that belong to no case.
 */
export function describeGolden(directory: string, { outputs, furtherInputs = [], more }: GoldenSuite): void {
  const inputs = ['input.yaml', ...furtherInputs];
  const folders = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) {
    const folder = join(directory, name);
    if (process.env.UPDATE_GOLDEN === '1' && !existsSync(join(folder, 'input.yaml'))) {
      rmSync(folder, { recursive: true });
      continue;
    }
    const golden = { name, folder, input: readFileSync(join(folder, 'input.yaml'), 'utf8') };
    if (process.env.UPDATE_GOLDEN === '1') update(folder, outputs(golden), inputs);
    describe(name, () => {
      it('gives what is expected', () => {
        for (const [file, text] of outputs(golden)) {
          expect(text, file).toBe(readFileSync(join(folder, file), 'utf8'));
        }
      });

      it('has no file that belongs to nothing', () => {
        const known = [...inputs.filter((file) => existsSync(join(folder, file))), ...outputs(golden).keys()];
        expect(readdirSync(folder).sort()).toEqual(known.sort());
      });

      more?.(golden);
    });
  }
}

function update(folder: string, outputs: ReadonlyMap<string, string>, inputs: readonly string[]): void {
  for (const file of readdirSync(folder)) {
    if (!inputs.includes(file) && !outputs.has(file)) rmSync(join(folder, file), { recursive: true });
  }
  for (const [file, text] of outputs) writeFileSync(join(folder, file), text);
}
