import { circuitBreakerVariants } from './circuit-breaker.ts';
import { emptyWasm } from './empty-wasm.ts';
import { luaBucket } from './lua-bucket.ts';
import { nativeLocalRateLimit } from './native-local-rate-limit.ts';
import { noFilter } from './no-filter.ts';
import { quotaVariants } from './quota.ts';
import { rustInMemory, rustInSharedData } from './rust-peer.ts';
import { sluiceVariants } from './sluice.ts';
import type { Variant } from './variant.ts';
import { virtualHostVariants } from './virtual-hosts.ts';

/** In the order of the table. */
export const variants: Variant[] = [
  noFilter,
  nativeLocalRateLimit,
  emptyWasm,
  luaBucket,
  ...sluiceVariants,
  ...quotaVariants,
  rustInMemory,
  rustInSharedData,
  ...virtualHostVariants,
  ...circuitBreakerVariants,
];
