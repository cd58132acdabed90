import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './installed-package.ts';

/** A program in the documentation, and what the page says it prints. */
export interface Example {
  name: string;
  program: string;
  output: string;
}

/** The JavaScript blocks of a page. Each begins with its file name, and the next plain block is what it prints. */
export function examplesIn(page: string): Example[] {
  const text = readFileSync(join(repository, page), 'utf8');
  return text
    .split('```js\n')
    .slice(1)
    .map((part) => {
      const [program = '', , output = ''] = part.split(/^```\n/m);
      const name = /^\/\/ (\S+\.mjs)\n/.exec(program)?.[1];
      if (name === undefined) throw new Error(`Expected \`// NAME.mjs\` first in ${page}, got\n${program}`);
      return { name, program, output };
    });
}
