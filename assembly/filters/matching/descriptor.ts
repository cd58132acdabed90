import { ADDRESS_BYTES, cutAddress } from '../../core/address';
import { hashBytes, hashLowerCaseBytes } from '../../core/hash';
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

/** What `fingerprintOf` returns when a value is missing and that must skip the rule. */
export const NO_FINGERPRINT: u64 = 0;

/** A secret-seeded hash over every part of the key; a missing part counts as an empty one or skips the rule. */
export function fingerprintOf(descriptors: Descriptor[], skipsMissing: bool): u64 {
  let hash = secretSeed();
  for (let index = 0; index < descriptors.length; index++) {
    const descriptor = unchecked(descriptors[index]);
    if (readPart(descriptor)) {
      hash = descriptor.on == ON_HOST ? hashLowerCaseBytes(hash, part, partLength) : hashBytes(hash, part, partLength);
    } else {
      if (skipsMissing) return NO_FINGERPRINT;
      hash = hashBytes(hash, 0, 0);
    }
  }
  return hash == NO_FINGERPRINT ? 1 : hash;
}

/** As `fingerprintOf` of the first part that the request has; of an empty value when it has none. */
export function firstFingerprintOf(descriptors: Descriptor[]): u64 {
  let hash = secretSeed();
  for (let index = 0; index < descriptors.length; index++) {
    const descriptor = unchecked(descriptors[index]);
    if (!readPart(descriptor)) continue;
    hash = descriptor.on == ON_HOST ? hashLowerCaseBytes(hash, part, partLength) : hashBytes(hash, part, partLength);
    return hash == NO_FINGERPRINT ? 1 : hash;
  }
  hash = hashBytes(hash, 0, 0);
  return hash == NO_FINGERPRINT ? 1 : hash;
}

let part: usize = 0;
let partLength: i32 = 0;

function readPart(descriptor: Descriptor): bool {
  if (descriptor.on == ON_CLIENT_ADDRESS) return readNetwork(descriptor);
  const isThere = descriptor.on == ON_CONNECTION ? readConnection() : readValue(descriptor.on, descriptor.name);
  part = fact;
  partLength = factLength;
  return isThere;
}

function readNetwork(descriptor: Descriptor): bool {
  const family = readClientAddress();
  if (family == 0) return false;
  memory.copy(cut, clientAddress, ADDRESS_BYTES);
  cutAddress(cut, family, family == 4 ? descriptor.ipv4PrefixLength : descriptor.ipv6PrefixLength);
  part = cut;
  partLength = ADDRESS_BYTES;
  return true;
}
