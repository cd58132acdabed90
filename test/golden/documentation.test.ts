import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from '../../host/src/policy/parse.ts';
import { validate } from '../../host/src/policy/validate.ts';

const folder = join(import.meta.dirname, '../../docs/policies');

it.each(readdirSync(folder).filter((name) => name.endsWith('.md')))(
  'the example of %s is a valid policy',
  (name) => {
    const examples = [...readFileSync(join(folder, name), 'utf8').matchAll(/```yaml\n(.*?)```/gs)];
    expect(examples.length).toBeGreaterThan(0);
    for (const [, text] of examples) {
      const { documents, diagnostics } = parse([{ name, text: text! }]);
      const validated = validate(documents, { strict: true });
      expect([...diagnostics, ...validated.diagnostics]).toEqual([]);
      expect(validated.policies).toHaveLength(1);
    }
  },
);
