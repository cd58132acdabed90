import type { Variant } from '../variants/variant.ts';
import { barChart } from './bar-chart.ts';
import { markdownTable } from './markdown.ts';
import { preamble } from './result-file.ts';
import { summarize } from './statistics.ts';

/** CPU microseconds per request of one variant, one value a round. */
export interface Measured {
  variant: Variant;
  micros: number[];
}

/** The difference to the run without the filter in the same round, for every variant that is no baseline itself. */
export function addedMicros(measured: Measured[]): Measured[] {
  return measured.flatMap(({ variant, micros }) => {
    const baseline = measured.find((other) => other.variant.name === baselineOf(variant));
    return baseline === undefined || baseline.variant === variant
      ? []
      : [{ variant, micros: micros.map((value, round) => value - baseline.micros[round]!) }];
  });
}

export const baselineOf = (variant: Variant): string => variant.baseline ?? 'no-filter';

export function addedCpuTable(measured: Measured[], rounds: number, requests: number): string {
  const totals = measured.map(({ variant, micros }) => [variant.title, ...cells(micros)]);
  const added = addedMicros(measured).map(({ variant, micros }) => [
    variant.title,
    `\`${variant.name}\``,
    ...cells(micros),
  ]);
  return [
    preamble(
      'Added CPU per request',
      `CPU time (user and system, all threads) of an Envoy with one worker and a direct response, per request, in
microseconds. fortio sends over eight keep-alive connections as fast as it goes (where requests are held: over 64, and
the run without a filter is as fast as the quota). ${rounds} rounds; in each, every variant
has a fresh process, is warmed up, and gets ${requests.toLocaleString('en')} requests in ten slices that alternate with
those of the other variants. Added is the difference to the run without a filter in the same round.`,
    ),
    markdownTable(['variant', 'name', 'added, median', 'lowest', 'highest'], added),
    '\n## Whole cost of a request\n',
    markdownTable(['variant', 'median', 'lowest', 'highest'], totals),
    '',
  ].join('\n');
}

export function addedCpuChart(measured: Measured[]): string {
  const bars = addedMicros(measured).map(({ variant, micros }) => ({
    label: variant.title,
    value: summarize(micros),
    highlighted: variant.title.startsWith('Sluice'),
  }));
  return barChart(
    'CPU time a filter adds to a request',
    'µs per request, median and range of the rounds',
    bars,
  );
}

const cells = (values: number[]): number[] => {
  const { median, lowest, highest } = summarize(values);
  return [median, lowest, highest];
};
