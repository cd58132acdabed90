/**
 * What a rate limiter adds to the CPU time of a request, beside its peers.
 *
 *   node bench/load/added-cpu.ts [--rounds 5] [--requests 200000] [--only a,b] [--out bench/results]
 *     [--beside sluice-breaker=/tmp/before.wasm]…  the variant a second time, with that build of its module
 */
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { addedCpuChart, addedCpuTable, baselineOf, type Measured } from './report/added-cpu.ts';
import { writeResult } from './report/result-file.ts';
import { variants as namedVariants } from './variants/index.ts';
import { type RunningVariant, startVariant } from './variants/measure.ts';
import type { Variant } from './variants/variant.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '200000' },
    only: { type: 'string' },
    beside: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: 'bench/results' },
  },
});
const [rounds, requests] = [Number(options.rounds), Number(options.requests)];
/** A run is cut into so many, and the variants take turns: what else the machine does then meets all alike. */
const slices = 10;
/** Divisible by the eight connections. */
const requestsPerSlice = Math.ceil(requests / slices / 8) * 8;

const beside = options.beside.map(variantBeside);
const allVariants = [...namedVariants, ...beside];
const only =
  options.only === undefined ? undefined : [...options.only.split(','), ...beside.map(({ name }) => name)];
const measured: Measured[] = choose(only).map((variant) => ({ variant, micros: [] }));
for (let round = 0; round < rounds; round++) {
  const nanos = await measureRound(round);
  for (const { variant, micros } of measured) {
    micros[round] = nanos.get(variant)! / (slices * requestsPerSlice) / 1000;
    console.error(
      `round ${round + 1} of ${rounds}  ${variant.name.padEnd(28)} ${micros[round]!.toFixed(2)} µs`,
    );
  }
}

const table = addedCpuTable(measured, rounds, slices * requestsPerSlice);
console.log(table);
writeResult(options.out, 'added-cpu.md', table);
writeResult(options.out, 'added-cpu.svg', addedCpuChart(measured));

/** CPU time of every variant, each in a fresh process, in slices that alternate. */
async function measureRound(round: number): Promise<Map<Variant, number>> {
  const nanos = new Map<Variant, number>();
  const running: RunningVariant[] = [];
  try {
    for (const { variant } of measured) {
      running.push(await startVariant(variant));
    }
    for (let slice = 0; slice < slices; slice++) {
      for (const { variant, cpuNanos } of rotate(running, round * slices + slice)) {
        nanos.set(variant, (nanos.get(variant) ?? 0) + (await cpuNanos(requestsPerSlice)));
      }
    }
  } finally {
    await Promise.all(running.map((each) => each.stop()));
  }
  return nanos;
}

/** `name=path`: the variant of this name with the module at this path, named `name@file`. */
function variantBeside(argument: string): Variant {
  const [name, path = ''] = argument.split('=');
  const variant = namedVariants.find((each) => each.name === name);
  if (variant?.ofModule === undefined || path === '') {
    throw new Error(
      `Expected --beside to name a Sluice variant and a module, as in sluice-breaker=before.wasm, got ${argument}`,
    );
  }
  const other = variant.ofModule(resolve(path), basename(path, '.wasm'));
  return { ...variant, ...other };
}

/** The variants asked for and the runs without a filter they need, less those that cannot run here. */
function choose(names?: string[]): Variant[] {
  const unknown = names?.find((name) => allVariants.every((variant) => variant.name !== name));
  if (unknown !== undefined) {
    throw new Error(
      `Expected --only to name some of ${allVariants.map(({ name }) => name).join(', ')}, got ${unknown}`,
    );
  }
  const asked = allVariants.filter(({ name }) => names?.includes(name) ?? true).filter(canRun);
  const needed = new Set(asked.flatMap((variant) => [variant.name, ...(names ? [baselineOf(variant)] : [])]));
  return allVariants.filter(({ name }) => needed.has(name));
}

function canRun(variant: Variant): boolean {
  const missing = variant.missing?.();
  if (missing !== undefined) {
    console.error(`${variant.name}: skipped, ${missing}`);
  }
  return missing === undefined;
}

/** Another variant begins each slice, so that none always follows the same one at the same time. */
function rotate<Item>(items: Item[], turn: number): Item[] {
  const start = turn % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
