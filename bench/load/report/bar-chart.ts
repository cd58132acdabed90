import type { Summary } from './statistics.ts';

export interface Bar {
  label: string;
  value: Summary;
  /** Drawn in the accent colour. */
  highlighted: boolean;
}

const width = 860;
const labelWidth = 340;
const valueWidth = 60;
const rowHeight = 28;
const barHeight = 16;
const top = 56;
const plotWidth = width - labelWidth - valueWidth;

/** Horizontal bars with whiskers from the lowest to the highest value, on a ground of its own, light or dark. */
export function barChart(title: string, unit: string, bars: Bar[]): string {
  const step = niceStep(Math.max(...bars.map(({ value }) => value.highest)) / 6);
  const end = step * Math.ceil(Math.max(...bars.map(({ value }) => value.highest)) / step);
  const x = (value: number): number => round(labelWidth + (Math.max(0, value) / end) * plotWidth);
  const bottom = top + bars.length * rowHeight;
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, index) => index * step);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 40}" role="img" aria-label="${escapeText(title)}">`,
    style,
    '<rect class="ground" width="100%" height="100%" rx="6"/>',
    `<text class="title" x="12" y="26">${escapeText(title)}</text>`,
    ...ticks.map((tick) => drawTick(x(tick), bottom, tick)),
    `<text class="quiet" x="${labelWidth + plotWidth}" y="${bottom + 34}" text-anchor="end">${escapeText(unit)}</text>`,
    ...bars.map((bar, index) => drawBar(bar, top + index * rowHeight + rowHeight / 2, x)),
    '</svg>\n',
  ].join('\n');
}

const style = `<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .ground { fill: #ffffff }
  .title { font-size: 15px; font-weight: 600 }
  .quiet { font-size: 12px; fill: #59636e }
  .grid { stroke: #8b949e; stroke-opacity: 0.35 }
  .bar { fill: #8b949e }
  .highlighted { fill: #2f81f7 }
  .whisker { stroke: #1f2328; stroke-width: 1.5; fill: none }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 }
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .whisker { stroke: #e6edf3 }
  }
</style>`;

function drawTick(x: number, bottom: number, value: number): string {
  return (
    `<line class="grid" x1="${x}" y1="${top - 8}" x2="${x}" y2="${bottom}"/>` +
    `<text class="quiet" x="${x}" y="${bottom + 16}" text-anchor="middle">${round(value)}</text>`
  );
}

function drawBar({ label, value, highlighted }: Bar, middle: number, x: (value: number) => number): string {
  const [lowest, median, highest] = [x(value.lowest), x(value.median), x(value.highest)];
  return [
    `<text x="${labelWidth - 10}" y="${middle + 4}" text-anchor="end">${escapeText(label)}</text>`,
    `<rect class="bar${highlighted ? ' highlighted' : ''}" x="${labelWidth}" y="${middle - barHeight / 2}" width="${round(median - labelWidth)}" height="${barHeight}" rx="2"/>`,
    `<path class="whisker" d="M${lowest} ${middle}H${highest}M${lowest} ${middle - 4}v8M${highest} ${middle - 4}v8"/>`,
    `<text x="${highest + 8}" y="${middle + 4}">${value.median.toFixed(1)}</text>`,
  ].join('');
}

/** 1, 2 or 5 times a power of ten, at least as large as asked. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= least)!;
}

const round = (value: number): number => Math.round(value * 100) / 100;

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
