import { createRandom } from '../../host/src/simulator/random.ts';

/** Seeded choices for tests that draw their traffic. */
export interface Dice {
  /** A whole number from `least` to `most`. */
  whole: (least: number, most: number) => number;
  /** True with this chance. */
  chance: (probability: number) => boolean;
  one: <Value>(values: readonly Value[]) => Value;
}

export function dice(seed: number): Dice {
  const random = createRandom(seed);
  const whole = (least: number, most: number) => least + random.below(most - least + 1);
  return {
    whole,
    chance: (probability) => random.below(1_000_000) < probability * 1_000_000,
    one: (values) => values[random.below(values.length)]!,
  };
}

/** Arrivals of a Poisson process, ms, rounded to microseconds. */
export function poisson(seed: number, perSecond: number, durationMillis: number): number[] {
  const random = createRandom(seed);
  const arrivals: number[] = [];
  let at = 0;
  while (true) {
    at += (-Math.log((random.below(1_000_000_000) + 1) / 1_000_000_001) * 1000) / perSecond;
    if (at >= durationMillis) return arrivals;
    arrivals.push(Math.round(at * 1000) / 1000);
  }
}
