import { z } from 'zod';

/** Largest number that YAML, JSON and JavaScript all carry exactly: 2^53 − 1. */
const MAX_WHOLE_NUMBER = Number.MAX_SAFE_INTEGER;

/** A whole number from `minimum` to `maximum`. */
export function wholeNumber(minimum: number, maximum = MAX_WHOLE_NUMBER) {
  const atLeast = `a whole number ≥ ${minimum}`;
  const limit = maximum === MAX_WHOLE_NUMBER ? '2^53 − 1' : String(maximum);
  const range = maximum === MAX_WHOLE_NUMBER ? atLeast : `a whole number from ${minimum} to ${maximum}`;
  return z
    .number({ error: range })
    .int({ error: (issue) => (issue.code === 'too_big' ? `a whole number ≤ ${limit}` : range) })
    .min(minimum, { error: range })
    .max(maximum, { error: maximum === MAX_WHOLE_NUMBER ? `a whole number ≤ ${limit}` : range });
}

/** A TCP port. */
export function portNumber() {
  return wholeNumber(1, 65_535);
}

/** Most tokens that can be counted in thousandths: 2^53 − 1 of them. */
const MAX_TOKENS = Math.floor(MAX_WHOLE_NUMBER / 1_000);

/** Amounts and weights are counted in thousandths, so this is the smallest that is not nothing. */
const SMALLEST_AMOUNT = 0.001;

/** An amount of tokens, decimals allowed. */
export function tokenAmount() {
  return decimal(SMALLEST_AMOUNT, MAX_TOKENS);
}

/** As tokenAmount, or nothing. */
export function tokenAmountOrZero() {
  const phrase = `0 or a number from ${SMALLEST_AMOUNT} to ${MAX_TOKENS}`;
  return z
    .number({ error: phrase })
    .refine((amount) => amount === 0 || (amount >= SMALLEST_AMOUNT && amount <= MAX_TOKENS), {
      error: phrase,
    });
}

/** By which a time grows: 1 is not at all. */
export function growthFactor() {
  return decimal(1, 100);
}

/** Weight of a workload beside the others. Beyond a billion to one there is no share left to speak of. */
export function priorityNumber() {
  return decimal(SMALLEST_AMOUNT, 1e9);
}

/** `0.5` as 500: what the plugin configuration counts tokens and weights in. */
export function thousandths(amount: number): number {
  return Math.round(amount * 1_000);
}

/** A percentage with at most two decimals, as the plugin configuration counts it in hundredths. */
export function percentage(minimum: number) {
  const phrase = `a percentage from ${minimum} to 100 with at most two decimals`;
  return z
    .number({ error: phrase })
    .refine((percent) => percent >= minimum && percent <= 100 && isHundredths(percent), { error: phrase });
}

function isHundredths(percent: number): boolean {
  return Math.abs(percent * 100 - Math.round(percent * 100)) < 1e-9;
}

/** `12.5` percent as 1250. */
export function hundredths(percent: number): number {
  return Math.round(percent * 100);
}

function decimal(minimum: number, maximum: number) {
  const phrase = `a number from ${minimum} to ${maximum}`;
  return z.number({ error: phrase }).min(minimum, { error: phrase }).max(maximum, { error: phrase });
}

/** `0.5` as 500,000: what it counts weights in, which only matter beside each other, so light ones are told apart too. */
export function millionths(value: number): number {
  return Math.round(value * 1_000_000);
}
