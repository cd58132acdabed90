/** A deterministic source of numbers: the same seed gives the same sequence on every machine. */
export interface Random {
  /** A whole number from 0 to below `bound` (1…2^32). */
  below(bound: number): number;
  /** Fills a buffer. */
  fill(bytes: Uint8Array): void;
}

/** Mulberry32: 32 bits of state, good enough to vary orders; not for secrets. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    below: (bound) => Math.floor((next() / 2 ** 32) * bound),
    fill: (bytes) => {
      for (let index = 0; index < bytes.length; index++) bytes[index] = next() & 255;
    },
  };
}
