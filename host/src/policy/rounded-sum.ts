/** `0.1 + 0.2` as a person would write it: 0.3. */
export function roundedSum(sum: number): number {
  return Number(sum.toPrecision(12));
}
