import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findFortio } from './tools.ts';

const execute = promisify(execFile);

export interface Load {
  url: string;
  /** `name:value`; `Host:…` sets the authority. */
  headers: string[];
  connections: number;
  /** Absent: as many as `seconds` and `requestsPerSecond` give. */
  requests?: number;
  seconds?: number;
  /** 0: as fast as it goes. */
  requestsPerSecond: number;
}

export interface LoadResult {
  /** How many answers had which status; −1 is a connection that failed. */
  answers: Map<number, number>;
  seconds: number;
  /** Milliseconds by percentile. */
  latencyMillis: Map<number, number>;
}

interface FortioReport {
  RetCodes: Record<string, number>;
  ActualDuration: number;
  DurationHistogram: { Percentiles: { Percentile: number; Value: number }[] };
}

export async function runFortio(load: Load): Promise<LoadResult> {
  const { stdout } = await execute(
    findFortio(),
    [
      'load',
      ...load.headers.flatMap((header) => ['-H', header]),
      ...['-c', `${load.connections}`, '-qps', `${load.requestsPerSecond}`],
      ...(load.requests === undefined ? ['-t', `${load.seconds}s`] : ['-n', `${load.requests}`]),
      ...['-r', '0.0001', '-p', '50,99', '-uniform', '-nocatchup', '-allow-initial-errors'],
      ...['-log-errors=false', '-quiet', '-json', '-', load.url],
    ],
    { maxBuffer: 64 * 2 ** 20 },
  );
  return readReport(JSON.parse(stdout) as FortioReport);
}

function readReport(report: FortioReport): LoadResult {
  return {
    answers: new Map(Object.entries(report.RetCodes).map(([status, count]) => [Number(status), count])),
    seconds: report.ActualDuration / 1e9,
    latencyMillis: new Map(
      report.DurationHistogram.Percentiles.map(({ Percentile, Value }) => [Percentile, Value * 1000]),
    ),
  };
}
