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
