export type Row = (string | number)[];

/** A Markdown table; columns whose cells are numbers are set flush right. */
export function markdownTable(head: string[], rows: Row[]): string {
  const rule = head.map((_, column) =>
    rows.every((row) => typeof row[column] === 'number') ? '---:' : '---',
  );
  return [head, rule, ...rows].map((row) => `| ${row.map(text).join(' | ')} |`).join('\n');
}

const text = (cell: string | number): string => (typeof cell === 'number' ? cell.toFixed(2) : cell);
