import type { JsonObject } from './json.ts';

/** A share of requests; of a million. */
export function fraction(millionths: number): JsonObject {
  return { numerator: millionths, denominator: 'MILLION' };
}

/** Milliseconds as Envoy writes durations. */
export function seconds(millis: number): string {
  return `${millis / 1000}s`;
}
