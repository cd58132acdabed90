import { z } from 'zod';

const NANOS_PER_SECOND = 1_000_000_000n;

/** The units of a Go duration, which Gateway API and Istio write too. */
const NANOS_PER_UNIT: Record<string, bigint> = {
  h: 3_600n * NANOS_PER_SECOND,
  m: 60n * NANOS_PER_SECOND,
  s: NANOS_PER_SECOND,
  ms: 1_000_000n,
  us: 1_000n,
  µs: 1_000n,
  ns: 1n,
};

/** Longest interval of any policy: 366 days. */
export const MAX_INTERVAL_NANOS = 366 * 24 * 3600 * 1e9;
/** Longest a request may be held: 1 h. */
const MAX_WAIT_NANOS = 3_600e9;
/** Shortest interval at which a bucket fills: 1 ms. */
export const MIN_FILL_INTERVAL_NANOS = 1e6;
/** Shortest sliding window: 16 ms, 1 ms for each of its 16 steps. */
export const MIN_WINDOW_NANOS = 16e6;

/** Nanoseconds of `1h30m`, `500ms` or `0.5s`; undefined for any other text, and for a fraction of a nanosecond. */
export function parseDuration(text: string): number | undefined {
  if (text.length > 40 || !/^(\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+$/.test(text)) return undefined;
  let nanos = 0n;
  for (const [, whole, fraction = '', unit] of text.matchAll(/(\d+)(?:\.(\d+))?(h|ms|m|s|us|µs|ns)/g)) {
    const nanosPerUnit = NANOS_PER_UNIT[unit!]!;
    const scaled = BigInt(whole! + fraction) * nanosPerUnit;
    const divisor = 10n ** BigInt(fraction.length);
    if (scaled % divisor !== 0n) return undefined;
    nanos += scaled / divisor;
  }
  return Number(nanos);
}

/** A duration such as `1h30m`, from `minimumNanos` to 366 days. `minimum` is how the message names the former. */
export function duration(minimum: string, minimumNanos: number) {
  return durationWithin(minimum, minimumNanos, '366 days', MAX_INTERVAL_NANOS);
}

/** Longest window, open time and call of a circuit breaker: 24 h. */
const MAX_BREAKER_NANOS = 24 * 3600 * 1e9;

/** A time of a circuit breaker; `minimum` is how the message names the shortest. */
export function breakerDuration(minimum = '1 ms', minimumNanos = 1e6) {
  return durationWithin(minimum, minimumNanos, '24 h', MAX_BREAKER_NANOS);
}

/** How long a request may be made to wait: at least 1 ms, at most an hour. */
export function waitDuration() {
  return durationWithin('1 ms', 1e6, '1 h', MAX_WAIT_NANOS);
}

/** What is taken off a wait; it may be nothing. */
export function marginDuration() {
  return durationWithin('0s', 0, '1 h', MAX_WAIT_NANOS);
}

/** How long a request may take; `0s` is no limit. */
export function timeoutDuration() {
  return durationWithin('0s', 0, '366 days', MAX_INTERVAL_NANOS);
}

/** Whole milliseconds of a valid duration, as Envoy counts most times. */
export function durationMillis(text: string): number {
  return Math.round(parseDuration(text)! / 1e6);
}

function durationWithin(minimum: string, minimumNanos: number, maximum: string, maximumNanos: number) {
  const phrase = `a duration such as \`1s\`, \`500ms\` or \`1h30m\`, from ${minimum} to ${maximum}`;
  return z.string({ error: phrase }).refine(
    (text) => {
      const nanos = parseDuration(text);
      return nanos !== undefined && nanos >= minimumNanos && nanos <= maximumNanos;
    },
    { error: phrase },
  );
}

/** Nanoseconds of a `google.protobuf.Duration` written as a map, as ASM does. */
export function protobufDurationNanos({ seconds = 0, nanos = 0 }: ProtobufDuration): number {
  return seconds * 1e9 + nanos;
}

export interface ProtobufDuration {
  seconds?: number | undefined;
  nanos?: number | undefined;
}

/** True when `nanos` lies between `minimumNanos` and 366 days. */
export function isInterval(nanos: number | undefined, minimumNanos: number): boolean {
  return nanos !== undefined && nanos >= minimumNanos && nanos <= MAX_INTERVAL_NANOS;
}

/** A duration of whole milliseconds, at least `minimumMillis`: finer ones are refused by the API server, too. */
export function wholeMillis(minimumMillis: number) {
  const phrase = `a duration such as \`1s\` or \`500ms\`, whole milliseconds, at least ${minimumMillis} ms`;
  return z.string({ error: phrase }).refine(
    (text) => {
      const nanos = parseDuration(text);
      return (
        nanos !== undefined &&
        nanos % 1e6 === 0 &&
        nanos >= minimumMillis * 1e6 &&
        nanos <= MAX_INTERVAL_NANOS
      );
    },
    { error: phrase },
  );
}
