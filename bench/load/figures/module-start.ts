import { type ModuleName, moduleNames } from '../../../host/src/proxy/module-path.ts';
import type { ConfiguredFilter } from '../environment/bootstrap.ts';
import { idlePlugin } from '../environment/idle-filters.ts';
import { cpuNanos } from '../environment/process-usage.ts';
import { wasmFilter } from '../environment/wasm-filter.ts';
import { type LogLine, startWatchedFilter, type WatchedFilter } from '../environment/watched-filter.ts';
import { summarize } from '../report/statistics.ts';
import { type Check, type Figure, scaled } from './figure.ts';

const rounds = 10;
const workers = 2;
const mostMillis = 20;
/** The canary, the plugin of the main thread, and one for each worker. */
const readyLines = { match: /sluice: configured with/, count: workers + 2 };

/**
 * From a filter's configuration being received until every worker runs it, by the times in Envoy's own log. It begins with
 * Envoy's line that it reads the changed file (a discovery service would deliver the same), and ends with the last line
 * that a module writes at the end of `proxy_on_configure`, the collection of its garbage left out (0.1 ms). In between are:
 * reading and checking the configuration, V8 compiling the module, a canary VM, one of the main thread and one a worker.
 *
 * Three starts, each with its own line:
 * - first: an Envoy that has never seen the module, a fresh process each round. V8 compiles all of it, optimised, ahead of
 *   the first call; Envoy's V8 is set so, and this happens on the main thread while the workers go on serving;
 * - again: four more VMs of a module that this Envoy has compiled;
 * - edit: another configuration in the VMs that run, what an edited policy does.
 */
export const moduleStart: Figure = {
  name: 'module-start',
  measure: async (scale) => {
    const checks: Check[] = [];
    for (const module of moduleNames) checks.push(...(await measureModule(module, scaled(rounds, scale))));
    return checks;
  },
};

interface Start {
  millis: number;
  /** From the VM being made to its first clone: V8 has compiled in between. */
  compileMillis: number;
  /** Of all threads of Envoy. */
  cpuMillis: number;
}

async function measureModule(module: ModuleName, times: number): Promise<Check[]> {
  const starts = { first: [] as Start[], again: [] as Start[], edit: [] as Start[] };
  for (let round = 0; round < times; round++) {
    const envoy = await startWatchedFilter(workers);
    try {
      const plugin = idlePlugin(module, 'first');
      starts.first.push(await start(envoy, wasmFilter(plugin)));
      starts.again.push(await start(envoy, wasmFilter({ ...plugin, name: 'again' })));
      // Another text of the same meaning: Envoy compares bytes.
      const configuration = `${plugin.configuration} `;
      starts.edit.push(await start(envoy, wasmFilter({ ...plugin, name: 'again', configuration })));
    } finally {
      await envoy.stop();
    }
  }
  return [
    check(`first start of ${module}.wasm in an Envoy, compiled by V8`, starts.first),
    check(`start of ${module}.wasm where V8 has compiled it`, starts.again),
    check(`edit of the configuration of ${module}.wasm`, starts.edit),
  ];
}

async function start(envoy: WatchedFilter, filter: ConfiguredFilter): Promise<Start> {
  const cpuBefore = cpuNanos(envoy.processId);
  const lines = await envoy.replace(filter, readyLines);
  const received = timeOf(lines, /Filesystem config refresh/)!;
  const ready = lines.findLast(({ text }) => readyLines.match.test(text))!.millis;
  const made = timeOf(lines, /Base Wasm created/);
  const cloned = timeOf(lines, /Thread-Local Wasm created/);
  return {
    millis: ready - received,
    compileMillis: made === undefined || cloned === undefined ? 0 : cloned - made,
    cpuMillis: (cpuNanos(envoy.processId) - cpuBefore) / 1e6,
  };
}

const timeOf = (lines: LogLine[], match: RegExp): number | undefined =>
  lines.find(({ text }) => match.test(text))?.millis;

function check(what: string, starts: Start[]): Check {
  const { median, lowest, highest } = summarize(starts.map(({ millis }) => millis));
  const compile = summarize(starts.map(({ compileMillis }) => compileMillis)).median;
  const cpu = summarize(starts.map(({ cpuMillis }) => cpuMillis)).median;
  return {
    what: `${what}: configure to ready on ${workers} workers, median of ${starts.length}`,
    expected: `at most ${mostMillis} ms`,
    measured:
      `${median.toFixed(1)} ms (${lowest.toFixed(1)} to ${highest.toFixed(1)}; ` +
      `to the first VM ${compile.toFixed(1)} ms; CPU of all threads ${cpu.toFixed(1)} ms)`,
    passed: median <= mostMillis,
  };
}
