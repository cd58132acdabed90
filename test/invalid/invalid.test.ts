import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plan } from '../../host/src/plan/plan-policies.ts';
import { formatDiagnostic } from '../../host/src/policy/diagnostic.ts';
import { parse } from '../../host/src/policy/parse.ts';
import { validate } from '../../host/src/policy/validate.ts';

/*
 * One mistake a file: <mistake>.yaml → <mistake>.txt, every message in full.
 * `UPDATE_GOLDEN=1 npx vitest run test/invalid` writes the messages anew and deletes those that belong to no file.
 */
const folder = import.meta.dirname;
const mistakes = namesOf('.yaml');

if (process.env.UPDATE_GOLDEN === '1') {
  for (const orphan of namesOf('.txt').filter((name) => !mistakes.includes(name)))
    rmSync(join(folder, `${orphan}.txt`));
  for (const mistake of mistakes) writeFileSync(join(folder, `${mistake}.txt`), messages(mistake));
}

function namesOf(extension: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length));
}

function messages(mistake: string): string {
  const name = `${mistake}.yaml`;
  const parsed = parse([{ name, text: readFileSync(join(folder, name), 'utf8') }]);
  const validated = validate(parsed.documents);
  const diagnostics = [
    ...parsed.diagnostics,
    ...validated.diagnostics,
    ...plan(validated.policies).diagnostics,
  ];
  return diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`).join('');
}

describe.each(mistakes)('%s', (mistake) => {
  const expected = join(folder, `${mistake}.txt`);

  it('is refused with the expected messages', () => {
    const found = messages(mistake);
    expect(existsSync(expected), expected).toBe(true);
    expect(found).toBe(readFileSync(expected, 'utf8'));
    expect(found).toContain(': error: ');
  });
});

it('has no messages that belong to nothing', () => {
  expect(namesOf('.txt')).toEqual(mistakes);
});
