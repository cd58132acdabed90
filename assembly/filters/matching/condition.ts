import { ByteAutomaton } from '../../core/byte-automaton';
import { compareValue } from '../../core/compare';
import { isInRange } from '../../core/address';
import {
  clientAddress,
  fact,
  factLength,
  ON_CLIENT_ADDRESS,
  readClientAddress,
  readValue,
} from '../../runtime/request';
import { Matcher } from './matcher';

/** How a condition looks at its value, beside the comparisons of core/compare.ts. */
export const IS_PRESENT: i32 = 4;
export const IS_REGEX: i32 = 5;

/** An address range: its family (4 or 6), 16 bytes of network, and its prefix length in bits of that form. */
export class AddressRange {
  constructor(readonly family: i32, readonly network: StaticArray<u8>, readonly prefixLength: i32) {}
}

/** A comparison on one value of the request, ready to be asked. */
export class Condition extends Matcher {
  on: i32 = 0;
  name: StaticArray<u8> = new StaticArray<u8>(0);
  comparison: i32 = IS_PRESENT;
  value: StaticArray<u8> = new StaticArray<u8>(0);
  ignoresCase: bool = false;
  isInverted: bool = false;
  automaton: ByteAutomaton | null = null;
  ranges: AddressRange[] = [];

  /** A missing value satisfies nothing but an inverted `present` (Envoy's HeaderMatcher rule). */
  holds(): bool {
    if (this.on == ON_CLIENT_ADDRESS) return this.addressHolds();
    return this.holdsFor(readValue(this.on, this.name));
  }

  /** Whether it holds for the fact at hand, or for a value that is not there. */
  holdsFor(isThere: bool): bool {
    if (this.comparison == IS_PRESENT) return isThere != this.isInverted;
    if (!isThere) return false;
    return this.valueHolds() != this.isInverted;
  }

  private valueHolds(): bool {
    const automaton = this.automaton;
    if (automaton !== null) return automaton.matches(fact, factLength);
    return compareValue(this.comparison, fact, factLength, this.value, this.ignoresCase);
  }

  /** The families are kept apart, as Envoy's CidrRange does: `::/0` holds no IPv4 address. */
  private addressHolds(): bool {
    const family = readClientAddress();
    if (family == 0) return false;
    for (let index = 0; index < this.ranges.length; index++) {
      const range = unchecked(this.ranges[index]);
      if (range.family == family && isInRange(clientAddress, changetype<usize>(range.network), range.prefixLength)) {
        return !this.isInverted;
      }
    }
    return this.isInverted;
  }
}
