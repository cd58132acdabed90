import { setTimeout as sleep } from 'node:timers/promises';
import { type ModuleName, moduleNames, modulePath } from '../../../host/src/proxy/module-path.ts';
import { createSimulator } from '../../../host/src/simulator/simulator.ts';
import type { HttpFilter } from '../environment/bootstrap.ts';
import { startEnvoy } from '../environment/envoy.ts';
import { idleConfiguration, idleFilter } from '../environment/idle-filters.ts';
import { anonymousBytes } from '../environment/process-usage.ts';
import { summarize } from '../report/statistics.ts';
import { type Check, type Figure, scaled } from './figure.ts';

const rounds = 5;
/** Each has a VM; the main thread has one more. */
const [few, many] = [1, 9] as const;
const mostMebibytes = 2;
const settleMillis = 1_000;

/**
 * What a VM of an idle module costs: Envoy's memory with nine workers less that with one, an eighth of it, and the same of
 * an Envoy without a filter taken off, so that threads, statistics and compiled code, which are there anyway or once, do not
 * count. Memory is what the kernel holds for the process and no file stands behind (`Pss_Anon`; pages of the program itself
 * are shared with every other Envoy on the machine), a second after the start; medians over fresh processes, in turns.
 * Beside it what Envoy's allocator says of itself (`/memory`), in which neither V8's heap nor linear memory is, and the size
 * of the module's linear memory, of which the kernel holds only the pages that were touched.
 */
export const idleMemory: Figure = {
  name: 'idle-memory',
  measure: async (scale) => {
    const times = scaled(rounds, scale);
    const variants = new Map<ModuleName | undefined, Sample[]>(
      [undefined, ...moduleNames].map((module) => [module, []]),
    );
    for (let round = 0; round < times; round++) {
      for (const [module, samples] of variants) {
        samples.push(await sample(module === undefined ? [] : [idleFilter(module)]));
      }
    }
    const without = variants.get(undefined)!;
    return moduleNames.map((module) => check(module, variants.get(module)!, without));
  },
};

interface Memory {
  resident: number;
  allocated: number;
}

interface Sample {
  few: Memory;
  many: Memory;
}

async function sample(filters: HttpFilter[]): Promise<Sample> {
  return { few: await memoryOf(filters, few), many: await memoryOf(filters, many) };
}

async function memoryOf(filters: HttpFilter[], workers: number): Promise<Memory> {
  const envoy = await startEnvoy(filters, [{ name: 'any', domains: ['*'] }], { workers });
  try {
    await sleep(settleMillis);
    const { allocated } = (await (await fetch(`${envoy.adminUrl}/memory`)).json()) as { allocated: string };
    return { resident: anonymousBytes(envoy.processId), allocated: Number(allocated) };
  } finally {
    await envoy.stop();
  }
}

function check(module: ModuleName, samples: Sample[], without: Sample[]): Check {
  const eachVm = (what: keyof Memory) => growth(samples, what) - growth(without, what);
  const once = median(samples, ({ few }) => few.resident) - median(without, ({ few }) => few.resident);
  const resident = eachVm('resident');
  const simulator = createSimulator({
    module: modulePath(module),
    configuration: idleConfiguration(module),
  });
  return {
    what: `memory of an idle VM of ${module}.wasm`,
    expected: `at most ${mostMebibytes} MiB`,
    measured:
      `${mebibytes(resident)} (${mebibytes(eachVm('allocated'))} of it from Envoy's allocator; ` +
      `linear memory ${mebibytes(simulator.memoryBytes(0))}; once a process, code included: ` +
      `${mebibytes(once - (few + 1) * resident)})`,
    passed: resident <= mostMebibytes * 2 ** 20,
  };
}

/** Of one worker more. */
const growth = (samples: Sample[], what: keyof Memory): number =>
  (median(samples, (each) => each.many[what]) - median(samples, (each) => each.few[what])) / (many - few);

const median = (samples: Sample[], value: (sample: Sample) => number): number =>
  summarize(samples.map(value)).median;

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
