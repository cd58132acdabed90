/** One promise of the product, measured on the real command. */
export interface Figure {
  /** For `--only`. */
  name: string;
  measure(scale: Scale): Promise<Check[]>;
}

export interface Check {
  what: string;
  expected: string;
  measured: string;
  passed: boolean;
}

/** 1 is the whole measurement; less makes a quick look of it. */
export type Scale = number;

export const scaled = (count: number, scale: Scale): number => Math.max(1, Math.round(count * scale));
