/**
 * The product's promises under load, expected beside measured, on the real `sluice run` and Envoy.
 *
 *   node bench/load/figures.ts [--only a,b] [--scale 1] [--out bench/results]
 *
 * `--scale 0.05` is a quick look with a twentieth of the requests. Exit code 1 when a promise is not kept.
 */
import { parseArgs } from 'node:util';
import type { Check } from './figures/figure.ts';
import { figures as allFigures } from './figures/index.ts';
import { markdownTable } from './report/markdown.ts';
import { preamble, writeResult } from './report/result-file.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    scale: { type: 'string', default: '1' },
    out: { type: 'string', default: 'bench/results' },
  },
});

const checks: Check[] = [];
for (const figure of choose(options.only?.split(','))) {
  for (const check of await figure.measure(Number(options.scale))) {
    console.log(`${verdict(check)}  ${check.what}: expected ${check.expected}, measured ${check.measured}`);
    checks.push(check);
  }
}

const method = `Every figure runs \`sluice run\` (or \`sluice compile\`) as a user does, with the policies of
\`bench/load/figures/\`, loads it from the same machine over loopback, and counts answers at the client.`;
const table = markdownTable(
  ['figure', 'expected', 'measured', ''],
  checks.map((check) => [check.what, check.expected, check.measured, verdict(check)]),
);
writeResult(options.out, 'figures.md', `${preamble('Load figures', method)}\n${table}\n`);
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;

function choose(names = allFigures.map(({ name }) => name)) {
  return names.map((name) => {
    const figure = allFigures.find((candidate) => candidate.name === name);
    if (figure === undefined) {
      throw new Error(
        `Expected --only to name some of ${allFigures.map((each) => each.name).join(', ')}, got ${name}`,
      );
    }
    return figure;
  });
}

function verdict({ passed }: Check): string {
  return passed ? 'PASS' : 'FAIL';
}
