/** Middle of the values and how far they reach; at least one value. */
export interface Summary {
  median: number;
  lowest: number;
  highest: number;
}

export function summarize(values: number[]): Summary {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  return {
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
    lowest: sorted[0]!,
    highest: sorted.at(-1)!,
  };
}

/** The value that so many percent of them do not exceed (nearest rank); NaN when there are none. */
export function percentile(ascending: readonly number[], percent: number): number {
  if (ascending.length === 0) return Number.NaN;
  return ascending[Math.max(0, Math.ceil((percent / 100) * ascending.length) - 1)]!;
}
