import type { Diagnostic } from '../diagnostic.ts';
import type { PolicyRateLimit } from '../policy.ts';

/** Most keys the module remembers over all rules: its memory is set aside when it starts. */
const MAX_TOTAL_KEY_CAPACITY = 1_048_576;

/** Of a rule with a key that does not say; plugin-configuration.ts. */
const DEFAULT_KEY_CAPACITY = 16_384;

/** Capacities are rounded up to pages of this many keys. */
const KEYS_PER_PAGE = 32;

/** Over all policies: the rules' capacities fit into the module's memory. The first rule that no longer fits is named. */
export function excessiveKeyCapacity(rules: readonly PolicyRateLimit[]): Diagnostic[] {
  const keyed = rules.filter(({ key }) => key.length > 0);
  const total = keyed.reduce((sum, rule) => sum + capacityOf(rule), 0);
  if (total <= MAX_TOTAL_KEY_CAPACITY) return [];
  const { origin } = firstBeyond(keyed);
  const advice = `lower keyCapacity (${DEFAULT_KEY_CAPACITY} where it is absent) or key fewer rules`;
  const message = `expected key capacities of at most ${MAX_TOTAL_KEY_CAPACITY} in all (an override counts like a rule), got ${total} over ${keyed.length} rules; ${advice}`;
  return [origin.document.diagnostic('error', origin.path, message)];
}

/** The rule with which the sum passes the limit; there is one. */
function firstBeyond(rules: readonly PolicyRateLimit[]): PolicyRateLimit {
  let sum = 0;
  return rules.find((rule) => {
    sum += capacityOf(rule);
    return sum > MAX_TOTAL_KEY_CAPACITY;
  })!;
}

/** Each override has buckets of its own, and with them as many keys again. */
function capacityOf({ keyCapacity = DEFAULT_KEY_CAPACITY, overrides }: PolicyRateLimit): number {
  return Math.ceil(keyCapacity / KEYS_PER_PAGE) * KEYS_PER_PAGE * (1 + overrides.length);
}
