import { emptyWasm } from './empty-wasm.ts';
import { headerEditVariants } from './header-edits.ts';
import { luaBucket } from './lua-bucket.ts';
import { nativeLocalRateLimit } from './native-local-rate-limit.ts';
import { noFilter } from './no-filter.ts';
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
  rustInMemory,
  rustInSharedData,
  ...virtualHostVariants,
  ...headerEditVariants,
];
