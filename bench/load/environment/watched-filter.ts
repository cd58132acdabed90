import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../../../host/src/proxy/poll.ts';
import type { ConfiguredFilter, DiscoveredFilter } from './bootstrap.ts';
import { type StartedEnvoy, startEnvoy } from './envoy.ts';

const filterName = 'watched';
const patienceMillis = 30_000;
/** Seldom, so that looking takes nothing from what is measured. */
const everyMillis = 50;

const type = (name: string): string => `type.googleapis.com/${name}`;

/** A filter that does nothing, until another is put in its place. */
const nothing: ConfiguredFilter = {
  name: filterName,
  typed_config: { '@type': type('envoy.extensions.filters.http.header_mutation.v3.HeaderMutation') },
};

/** A line of Envoy's log, with the time that Envoy gave it. */
export interface LogLine {
  millis: number;
  thread: number;
  text: string;
}

/** An Envoy with one filter, which is exchanged while it runs, as Istio's agent and `sluice run` do. */
export interface WatchedFilter {
  processId: number;
  /** Puts a filter in force. Ends when so many lines of the log since then match; gives all of them since then. */
  replace(filter: ConfiguredFilter, lines: { match: RegExp; count: number }): Promise<LogLine[]>;
  stop(): Promise<void>;
}

export async function startWatchedFilter(workers: number): Promise<WatchedFilter> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-watched-'));
  const path = join(folder, 'filter.json');
  let version = 0;
  const write = ({ typed_config }: ConfiguredFilter) => {
    const resource = {
      '@type': type('envoy.config.core.v3.TypedExtensionConfig'),
      name: filterName,
      typed_config,
    };
    version += 1;
    writeFileSync(`${path}.new`, JSON.stringify({ version_info: `${version}`, resources: [resource] }));
    renameSync(`${path}.new`, path);
  };
  write(nothing);
  const watched: DiscoveredFilter = {
    name: filterName,
    config_discovery: {
      config_source: { path_config_source: { path }, resource_api_version: 'V3' },
      type_urls: [nothing.typed_config['@type'], type('envoy.extensions.filters.http.wasm.v3.Wasm')],
    },
  };
  let envoy: StartedEnvoy;
  try {
    envoy = await startEnvoy([watched], [{ name: 'any', domains: ['*'] }], {
      workers,
      logOptions: [
        ...['--log-level', 'error', '--component-log-level', 'wasm:debug,config:debug'],
        ...['--log-format', 'at %E.%F %t %v'],
      ],
    });
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  return {
    processId: envoy.processId,
    async replace(filter, { match, count }) {
      const before = readLog(envoy.logPath).length;
      write(filter);
      const since = await poll(
        () => {
          const lines = readLog(envoy.logPath).slice(before);
          return lines.filter(({ text }) => match.test(text)).length >= count ? lines : undefined;
        },
        { withinMillis: patienceMillis, everyMillis },
      );
      if (since !== undefined) return since;
      const tail = readFileSync(envoy.logPath, 'utf8').slice(-2000);
      throw new Error(`Expected ${count} lines like ${match} in ${patienceMillis} ms, got\n${tail}`);
    },
    async stop() {
      await envoy.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function readLog(path: string): LogLine[] {
  const lines = readFileSync(path, 'utf8').matchAll(/^at (\d+)\.(\d{9}) (\d+) (.*)$/gm);
  return [...lines].map(([, seconds, nanos, thread, text]) => ({
    millis: Number(seconds) * 1000 + Number(nanos) / 1e6,
    thread: Number(thread),
    text: text!,
  }));
}
