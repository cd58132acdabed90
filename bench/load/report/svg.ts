/** A part of a chart, drawn from its own upper left corner. */
export interface Panel {
  height: number;
  svg: string;
}

export const chartWidth = 860;
const titleHeight = 40;

/** Panels below each other under a title, on a ground of their own, light or dark. */
export function chart(title: string, panels: Panel[]): string {
  let top = titleHeight;
  const groups = panels.map(({ height, svg }) => {
    const group = `<g transform="translate(0 ${top})">\n${svg}\n</g>`;
    top += height;
    return group;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${chartWidth} ${top}" role="img" aria-label="${escapeText(title)}">`,
    style,
    '<rect class="ground" width="100%" height="100%" rx="6"/>',
    `<text class="title" x="12" y="26">${escapeText(title)}</text>`,
    ...groups,
    '</svg>\n',
  ].join('\n');
}

/** Colours told apart on both grounds, by everybody; `series0` and so on. */
const seriesColours = ['#2f81f7', '#d9822b', '#2da44e', '#a371f7', '#8b949e'];

export const seriesClass = (series: number): string => `series${series % seriesColours.length}`;

const style = `<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .ground { fill: #ffffff }
  .title { font-size: 15px; font-weight: 600 }
  .subtitle { font-weight: 600 }
  .quiet { font-size: 12px; fill: #59636e }
  .grid { stroke: #8b949e; stroke-opacity: 0.35 }
  .bar { fill: #8b949e }
  .highlighted { fill: #2f81f7 }
${seriesColours.map((colour, series) => `  .${seriesClass(series)} { fill: ${colour} }`).join('\n')}
  .whisker { stroke: #1f2328; stroke-width: 1.5; fill: none }
  .limit { stroke: #1f2328; stroke-width: 1.5; stroke-dasharray: 5 4 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 }
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .whisker, .limit { stroke: #e6edf3 }
  }
</style>`;

/** 1, 2 or 5 times a power of ten, at least as large as asked. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= least)!;
}

export const round = (value: number): number => Math.round(value * 100) / 100;

export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
