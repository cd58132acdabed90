import type { WindowOfClient } from '../../bench/load/environment/side-by-side.ts';
import { barPanel } from '../../bench/load/report/bar-chart.ts';
import { chart } from '../../bench/load/report/svg.ts';
import { stackedTimePanel } from '../../bench/load/report/time-chart.ts';
import { millis, type Outcome } from './table.ts';

/** At most so many columns, each at least a second wide. */
const mostColumns = 60;

/** Who was admitted when, and how long each class waited. */
export function outcomePicture(outcome: Outcome, title: string): string {
  const { window, classes, promised, quota } = outcome;
  const step = Math.max(1, Math.ceil(window.seconds / mostColumns));
  const columns = Math.floor(window.seconds / step);
  const order = classes
    .map((_, index) => index)
    .sort((left, right) => classes[right]!.priority - classes[left]!.priority);
  const tokens = new Set(classes.map((each) => each.tokens));
  return chart(title, [
    stackedTimePanel({
      title: 'Admitted requests a second',
      unit: 'seconds',
      step,
      series: order.map((index) => {
        const client = window.clients[index]!;
        const own = promised?.[index];
        const rate = `${(client.admitted / window.seconds).toFixed(2)}/s`;
        return {
          label: `${classes[index]!.name}: ${rate}${own === undefined ? '' : `, promised ${own.toFixed(2)}`}`,
          values: columnsOf(client, window.openedAt, step, columns),
        };
      }),
      // In requests, when all of them cost the same.
      ...(tokens.size === 1 &&
        !tokens.has(0) && {
          limit: { label: `quota ${round(quota / [...tokens][0]!)}/s`, value: quota / [...tokens][0]! },
        }),
    }),
    barPanel({
      title: 'Time to the answer of admitted requests',
      unit: 'milliseconds; bar: median, line: from the 1st to the 99th percentile',
      labelWidth: 130,
      text: ({ median, highest }) => `p50 ${millis(median)}, p99 ${millis(highest)}`,
      bars: order.flatMap((index, series) => {
        const client = window.clients[index]!;
        if (client.admitted === 0) return [];
        const [lowest, median, highest] = [client.latency(1), client.latency(50), client.latency(99)];
        return [{ label: classes[index]!.name, value: { lowest, median, highest }, series }];
      }),
    }),
  ]);
}

/** Admitted a second in each step of the window. */
function columnsOf(
  { requests }: WindowOfClient,
  openedAt: number,
  stepSeconds: number,
  count: number,
): number[] {
  const columns = Array.from({ length: count }, () => 0);
  for (const { answeredAt, status } of requests) {
    const column = Math.floor((answeredAt - openedAt) / (1000 * stepSeconds));
    if (status === 200 && column >= 0 && column < count) columns[column]! += 1 / stepSeconds;
  }
  return columns;
}

const round = (value: number): number => Math.round(value * 100) / 100;
