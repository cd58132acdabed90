import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/*
 * Pages that lead a newcomer by the hand: every file they show is written, and every `sluice` command but `run` is carried
 * out as it stands, up to a pipe. What stands behind pipes, and `kubectl`, is carried out in test/heavy.
 */

const docs = join(import.meta.dirname, '../../docs');
const entry = join(import.meta.dirname, '../../host/src/cli/main.ts');
const pages = ['ways-in', 'migration'].flatMap((folder) =>
  readdirSync(join(docs, folder)).map((name) => join(folder, name)),
);

it.each(pages)('the commands of %s work on its files', (page) => {
  const text = readFileSync(join(docs, page), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'sluice-docs-'));
  try {
    for (const [, name, content] of text.matchAll(/```yaml\n# (\S+\.yaml)\n(.*?)```/gs)) {
      writeFileSync(join(folder, name!), content!);
    }
    const commands = [...text.matchAll(/```sh\n(.*?)```/gs)]
      .flatMap(([, lines]) => lines!.replaceAll('\\\n', ' ').split('\n'))
      .filter((line) => /^sluice (?!run)/.test(line))
      .map((line) => line.split(' | ')[0]!.replace(/^sluice/, `"${process.execPath}" "${entry}"`));
    for (const command of commands) {
      expect(
        () => execFileSync('bash', ['-c', command], { cwd: folder, stdio: 'pipe' }),
        command,
      ).not.toThrow();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('links lead somewhere', () => {
  const files = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  const all = [
    ...files.map((name) => join(docs, name)),
    join(docs, '../README.md'),
    join(docs, '../ARCHITECTURE.md'),
  ];
  for (const file of all) {
    const text = readFileSync(file, 'utf8');
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
      expect(() => readFileSync(join(file, '..', target!)), `${file} → ${target}`).not.toThrow(/ENOENT/);
    }
  }
});
