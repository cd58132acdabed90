import { Result } from './abi.ts';

/**
 * The key-value store all VMs of one `vm_id` share in a process. It has no delete and no expiry.
 * Source: proxy-wasm-cpp-host `src/shared_data.cc`.
 */
export interface SharedData {
  /** Value and compare-and-set number of a key (its bytes as latin1), or undefined. */
  get(key: string): SharedDatum | undefined;
  /**
   * Sets a value; the bytes are copied. A `cas` other than 0 must be the number last read, else `casMismatch`;
   * the first write to an absent key succeeds whatever `cas` is. Numbers count up over all keys from 1.
   */
  set(key: string, value: Uint8Array, cas: number): number;
  /** Number of keys. */
  entries(): number;
  /** Bytes of all keys and values. */
  bytes(): number;
  keys(): string[];
}

export interface SharedDatum {
  value: Uint8Array;
  cas: number;
}

export function createSharedData(): SharedData {
  const data = new Map<string, SharedDatum>();
  let nextCas = 1;
  const takeCas = () => {
    const cas = nextCas;
    nextCas = (nextCas + 1) >>> 0 || 1;
    return cas;
  };
  return {
    get: (key) => data.get(key),
    set: (key, value, cas) => {
      const existing = data.get(key);
      if (existing === undefined) {
        data.set(key, { value: new Uint8Array(value), cas: takeCas() });
        return Result.ok;
      }
      if (cas !== 0 && cas !== existing.cas) return Result.casMismatch;
      if (existing.value.length === value.length) existing.value.set(value);
      else existing.value = new Uint8Array(value);
      existing.cas = takeCas();
      return Result.ok;
    },
    entries: () => data.size,
    bytes: () => {
      let total = 0;
      for (const [key, { value }] of data) total += key.length + value.length;
      return total;
    },
    keys: () => [...data.keys()],
  };
}
