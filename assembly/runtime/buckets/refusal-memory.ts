import { LONGEST_REFUSAL_NANOS } from './bucket-store';

/**
 * What this worker knows of keys that were refused a moment ago, so that a client that hammers a closed door costs
 * no call to the host. Direct-mapped: 4,096 entries of (u64 key, u64 until, u64 available at, u64 tokens); a newer
 * entry replaces an older one, and a forgotten one only costs a look at the ledger.
 */
const ENTRIES: u64 = 4096;
const ENTRY_BYTES: usize = 32;
const entries: usize = memory.data(4096 * 32, 16);

/** Nanoseconds the key still has to wait for so many tokens, 0 when nothing is known. */
export function refusalWait(key: u64, nowNanos: u64, tokens: u64): u64 {
  const entry = entryOf(key);
  if (load<u64>(entry) != key || nowNanos >= load<u64>(entry, 8) || tokens != load<u64>(entry, 24)) return 0;
  return load<u64>(entry, 16) - nowNanos;
}

export function rememberRefusal(key: u64, nowNanos: u64, tokens: u64, wait: u64): void {
  const entry = entryOf(key);
  store<u64>(entry, key);
  store<u64>(entry, nowNanos + min(wait, LONGEST_REFUSAL_NANOS), 8);
  store<u64>(entry, nowNanos + wait, 16);
  store<u64>(entry, tokens, 24);
}

@inline
function entryOf(key: u64): usize {
  return entries + <usize>(key % ENTRIES) * ENTRY_BYTES;
}
