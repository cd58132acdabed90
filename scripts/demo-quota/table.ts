import type { Window } from '../../bench/load/environment/side-by-side.ts';
import type { TrafficClass } from './traffic-class.ts';

export interface Outcome {
  window: Window;
  classes: readonly TrafficClass[];
  /** Tokens a second. */
  quota: number;
  askedPerSecond: number;
  promised: readonly number[] | undefined;
}

/** What each class got, beside what it was promised, as text. */
export function outcomeTable({ window, classes, askedPerSecond, promised }: Outcome): string {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const admitted = sum(window.clients.map((client) => client.admitted));
  const promisedTotal = sum(promised ?? []);
  const perSecond = (count: number) => (count / window.seconds).toFixed(2);
  const share = (part: number, whole: number) =>
    whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
  const rows = classes.map(({ name, priority }, index) => {
    const client = window.clients[index]!;
    const own = promised?.[index];
    return [
      name,
      `${priority}`,
      `${askedPerSecond}`,
      perSecond(client.offered),
      perSecond(client.admitted),
      own === undefined ? '–' : own.toFixed(2),
      share(client.admitted, admitted),
      own === undefined ? '–' : share(own, promisedTotal),
      millis(client.latency(50)),
      millis(client.latency(99)),
      `${client.refused}`,
    ];
  });
  const total = [
    'all',
    '',
    `${askedPerSecond * classes.length}`,
    perSecond(sum(window.clients.map((client) => client.offered))),
    perSecond(admitted),
    promised === undefined ? '–' : promisedTotal.toFixed(2),
    '',
    '',
    '',
    '',
    `${sum(window.clients.map((client) => client.refused))}`,
  ];
  return alignedTable([
    [
      '',
      'priority',
      'asked/s',
      'sent/s',
      'admitted/s',
      'promised',
      'share',
      'promised',
      'p50',
      'p99',
      'refused',
    ],
    ...rows,
    total,
  ]);
}

/** True when nobody is further than a tenth from what was promised. */
export function isAsPromised({ window, promised }: Outcome): boolean | undefined {
  return promised?.every((own, index) => {
    const got = window.clients[index]!.admitted / window.seconds;
    return Math.abs(got - own) <= Math.max(0.1 * own, 1 / window.seconds);
  });
}

export const millis = (value: number): string =>
  Number.isNaN(value) ? '–' : `${value.toFixed(value < 10 ? 1 : 0)} ms`;

/** The first column flush left, the others flush right. */
function alignedTable(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n');
}
