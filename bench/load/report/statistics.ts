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
