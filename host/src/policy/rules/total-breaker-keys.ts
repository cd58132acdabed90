import type { Diagnostic } from '../diagnostic.ts';
import type { PolicyCircuitBreaker } from '../policy.ts';

/** Most breakers of keys over all policies: each is a kilobyte of Envoy's shared memory, set aside when it starts. */
const MAX_TOTAL_KEYS = 16_384;

/** Of a breaker with a key that does not say; plugin-configuration.ts. */
const DEFAULT_KEY_CAPACITY = 256;

/** Over all policies: the keys' breakers fit into the memory set aside. The first policy that no longer fits is named. */
export function excessiveBreakerKeys(breakers: readonly PolicyCircuitBreaker[]): Diagnostic[] {
  const keyed = breakers.filter(({ key }) => key !== undefined);
  let total = 0;
  for (const { keyCapacity = DEFAULT_KEY_CAPACITY, origin } of keyed) {
    total += keyCapacity;
    if (total <= MAX_TOTAL_KEYS) continue;
    const message = `expected key capacities of circuit breakers of at most ${MAX_TOTAL_KEYS} in all, got more with this one; lower keyCapacity (${DEFAULT_KEY_CAPACITY} where it is absent) or key fewer breakers`;
    return [origin.document.diagnostic('error', origin.path, message)];
  }
  return [];
}
