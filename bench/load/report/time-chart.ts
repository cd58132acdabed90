import { chartWidth, escapeText, niceStep, type Panel, round, seriesClass } from './svg.ts';

export interface TimeSeries {
  label: string;
  /** One for each step of time. */
  values: number[];
}

export interface StackedTime {
  title: string;
  /** Said below the axis of time. */
  unit: string;
  /** Stacked in this order, the first one below. */
  series: TimeSeries[];
  /** How many units of time a value stands for. */
  step: number;
  /** A dashed line across. */
  limit?: { label: string; value: number };
}

const left = 44;
const right = 100;
const top = 56;
const plotHeight = 180;
const axisHeight = 44;
const legendHeight = 32;
const plotWidth = chartWidth - left - right;
const averageGlyph = 7.2;

/** Columns over time, one series on top of the other. */
export function stackedTimePanel({ title, unit, series, step, limit }: StackedTime): Panel {
  const count = Math.max(...series.map(({ values }) => values.length));
  const totals = Array.from({ length: count }, (_, index) =>
    series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0),
  );
  const highest = Math.max(...totals, limit?.value ?? 0, 1e-9);
  const tickStep = niceStep(highest / 6);
  const end = tickStep * Math.ceil((highest * 1.05) / tickStep);
  const bottom = top + plotHeight;
  const y = (value: number): number => round(bottom - (value / end) * plotHeight);
  const columnWidth = plotWidth / count;
  const gap = Math.min(3, columnWidth * 0.2);

  const ticks = Array.from({ length: Math.round(end / tickStep) + 1 }, (_, index) => index * tickStep);
  const drawTick = (value: number): string =>
    `<line class="grid" x1="${left}" y1="${y(value)}" x2="${left + plotWidth}" y2="${y(value)}"/>` +
    `<text class="quiet" x="${left - 8}" y="${y(value) + 4}" text-anchor="end">${round(value)}</text>`;

  const timeStep = Math.max(step, niceStep((count * step) / 8));
  const times = Array.from({ length: Math.floor((count * step) / timeStep) + 1 }, (_, at) => at * timeStep);
  const drawTime = (time: number): string =>
    `<text class="quiet" x="${round(left + (time / step) * columnWidth)}" y="${bottom + 18}" text-anchor="middle">${round(time)}</text>`;

  const drawColumn = (index: number): string => {
    let below = 0;
    return series
      .map(({ values }, at) => {
        const value = values[index] ?? 0;
        const [from, to] = [y(below), y(below + value)];
        below += value;
        return value === 0
          ? ''
          : `<rect class="${seriesClass(at)}" x="${round(left + index * columnWidth + gap / 2)}" y="${to}" width="${round(columnWidth - gap)}" height="${round(from - to)}"/>`;
      })
      .join('');
  };

  let legendAt = left;
  const drawLegend = ({ label }: TimeSeries, index: number): string => {
    const at = legendAt;
    legendAt += 16 + label.length * averageGlyph + 20;
    return (
      `<rect class="${seriesClass(index)}" x="${round(at)}" y="${legendHeight - 8}" width="10" height="10" rx="2"/>` +
      `<text class="quiet" x="${round(at + 16)}" y="${legendHeight + 1}">${escapeText(label)}</text>`
    );
  };

  return {
    height: bottom + axisHeight,
    svg: [
      `<text class="subtitle" x="12" y="14">${escapeText(title)}</text>`,
      ...series.map(drawLegend),
      ...ticks.map(drawTick),
      ...totals.map((_, index) => drawColumn(index)),
      ...(limit === undefined
        ? []
        : [
            `<line class="limit" x1="${left}" y1="${y(limit.value)}" x2="${left + plotWidth}" y2="${y(limit.value)}"/>`,
            `<text class="quiet" x="${left + plotWidth + 8}" y="${y(limit.value) + 4}">${escapeText(limit.label)}</text>`,
          ]),
      ...times.map(drawTime),
      `<text class="quiet" x="${left + plotWidth}" y="${bottom + 36}" text-anchor="end">${escapeText(unit)}</text>`,
    ].join('\n'),
  };
}
