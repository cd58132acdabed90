import type { Summary } from './statistics.ts';
import { chart, chartWidth, escapeText, niceStep, type Panel, round, seriesClass } from './svg.ts';

export interface Bar {
  label: string;
  value: Summary;
  /** Drawn in the accent colour. */
  highlighted?: boolean;
  /** Drawn in the colour of this series. */
  series?: number;
}

export interface BarPanel {
  /** Said below the axis. */
  unit: string;
  bars: Bar[];
  /** Said above the bars. */
  title?: string;
  labelWidth?: number;
  /** Said at the end of a bar. Default: the median with one decimal. */
  text?(value: Summary): string;
}

const valueWidth = 60;
const rowHeight = 28;
const barHeight = 16;
const axisHeight = 40;

/** Horizontal bars with whiskers from the lowest to the highest value. */
export function barChart(title: string, unit: string, bars: Bar[]): string {
  return chart(title, [barPanel({ unit, bars })]);
}

export function barPanel({ unit, bars, title, labelWidth = 340, text = oneDecimal }: BarPanel): Panel {
  const top = title === undefined ? 16 : 36;
  const longest = Math.max(...bars.map((bar) => text(bar.value).length));
  const plotWidth = chartWidth - labelWidth - Math.max(valueWidth, 7.6 * longest + 16);
  const step = niceStep(Math.max(...bars.map(({ value }) => value.highest)) / 6);
  const end = step * Math.ceil(Math.max(...bars.map(({ value }) => value.highest)) / step);
  const x = (value: number): number => round(labelWidth + (Math.max(0, value) / end) * plotWidth);
  const bottom = top + bars.length * rowHeight;
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, index) => index * step);

  const drawTick = (value: number): string =>
    `<line class="grid" x1="${x(value)}" y1="${top - 8}" x2="${x(value)}" y2="${bottom}"/>` +
    `<text class="quiet" x="${x(value)}" y="${bottom + 16}" text-anchor="middle">${round(value)}</text>`;

  const drawBar = ({ label, value, highlighted, series }: Bar, index: number): string => {
    const middle = top + index * rowHeight + rowHeight / 2;
    const [lowest, median, highest] = [x(value.lowest), x(value.median), x(value.highest)];
    const colour = series === undefined ? (highlighted ? ' highlighted' : '') : ` ${seriesClass(series)}`;
    return [
      `<text x="${labelWidth - 10}" y="${middle + 4}" text-anchor="end">${escapeText(label)}</text>`,
      `<rect class="bar${colour}" x="${labelWidth}" y="${middle - barHeight / 2}" width="${round(median - labelWidth)}" height="${barHeight}" rx="2"/>`,
      `<path class="whisker" d="M${lowest} ${middle}H${highest}M${lowest} ${middle - 4}v8M${highest} ${middle - 4}v8"/>`,
      `<text x="${highest + 8}" y="${middle + 4}">${escapeText(text(value))}</text>`,
    ].join('');
  };

  return {
    height: bottom + axisHeight,
    svg: [
      ...(title === undefined ? [] : [`<text class="subtitle" x="12" y="14">${escapeText(title)}</text>`]),
      ...ticks.map(drawTick),
      `<text class="quiet" x="${labelWidth + plotWidth}" y="${bottom + 34}" text-anchor="end">${escapeText(unit)}</text>`,
      ...bars.map(drawBar),
    ].join('\n'),
  };
}

const oneDecimal = ({ median }: Summary): string => median.toFixed(1);
