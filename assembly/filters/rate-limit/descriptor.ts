import { ADDRESS_BYTES, cutAddress } from '../../core/address';
import { hashBytes, hashLowerCaseBytes, hashNumber } from '../../core/hash';
import { secretSeed } from '../../runtime/ledger';
import {
  clientAddress,
  fact,
  factLength,
  ON_CLIENT_ADDRESS,
  ON_CONNECTION,
  ON_HOST,
  readClientAddress,
  readConnection,
  readValue,
} from '../../runtime/request';

/** One part of a bucket's key. */
export class Descriptor {
  on: i32 = 0;
  name: StaticArray<u8> = new StaticArray<u8>(0);
  ipv4PrefixLength: i32 = 32;
  ipv6PrefixLength: i32 = 128;
}

const cut: usize = memory.data(16, 8);
const MISSING: u64 = 0x6d697373696e6721;

/** What `fingerprintOf` returns when a value is missing and that must skip the rule. */
export const NO_FINGERPRINT: u64 = 0;

/** A secret-seeded hash over every part of the key, never 0 unless a missing value skips the rule. */
export function fingerprintOf(descriptors: Descriptor[], skipsMissing: bool): u64 {
  let hash = secretSeed();
  for (let index = 0; index < descriptors.length; index++) {
    const descriptor = unchecked(descriptors[index]);
    const seed = hash;
    hash = hashOf(descriptor, seed);
    if (hash == MISSING) {
      if (skipsMissing) return NO_FINGERPRINT;
      hash = hashNumber(seed, MISSING);
    }
  }
  return hash == NO_FINGERPRINT ? 1 : hash;
}

function hashOf(descriptor: Descriptor, seed: u64): u64 {
  switch (descriptor.on) {
    case ON_CLIENT_ADDRESS: {
      const family = readClientAddress();
      if (family == 0) return MISSING;
      memory.copy(cut, clientAddress, ADDRESS_BYTES);
      cutAddress(cut, family, family == 4 ? descriptor.ipv4PrefixLength : descriptor.ipv6PrefixLength);
      return hashBytes(seed, cut, ADDRESS_BYTES);
    }
    case ON_CONNECTION:
      return readConnection() ? hashBytes(seed, fact, factLength) : MISSING;
    case ON_HOST:
      return readValue(descriptor.on, descriptor.name) ? hashLowerCaseBytes(seed, fact, factLength) : MISSING;
    default:
      return readValue(descriptor.on, descriptor.name) ? hashBytes(seed, fact, factLength) : MISSING;
  }
}
