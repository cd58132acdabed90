import { HostTable } from '../../core/host-table';
import { BatchedCounter, Counter } from '../../runtime/metrics';
import { fact, factLength, readHeader } from '../../runtime/request';
import { BucketStore } from '../../runtime/buckets/bucket-store';
import { Descriptor, fingerprintOf, NO_FINGERPRINT } from '../matching/descriptor';
import { allHold, Matcher } from '../matching/matcher';
import { Scope } from '../matching/scope';
import { RefusalReply } from '../refusal-reply';

/** A limit that replaces the rule's for requests of a kind. */
export class LimitOverride {
  constructor(readonly matchers: Matcher[], readonly store: BucketStore, readonly maxTokens: u64) {}
}

/** Most rules have none of these; 10,000 of them share one empty list each. Never written to. */
export const NO_OVERRIDES: LimitOverride[] = [];
export const NO_DESCRIPTORS: Descriptor[] = [];
const NO_SCOPE = new Scope();

/** One rate-limit rule, and what it wants of the request at hand. */
export class Rule {
  scope: Scope = NO_SCOPE;
  overrides: LimitOverride[] = NO_OVERRIDES;
  descriptors: Descriptor[] = NO_DESCRIPTORS;
  skipsMissingKey: bool = false;
  costHeader: StaticArray<u8> | null = null;
  /** Tokens of a request, or of one whose cost header says nothing. */
  cost: u64 = 1;
  maxCost: u64 = 1;
  isShadow: bool = false;

  /** The request at hand: serial of the request that looked, store, key, tokens, wait. */
  serial: u64 = 0;
  chosen: BucketStore;
  chosenMaxTokens: u64 = 0;
  fingerprint: u64 = 0;
  tokens: u64 = 0;
  wait: u64 = 0;

  constructor(
    readonly name: StaticArray<u8>,
    readonly store: BucketStore,
    readonly maxTokens: u64,
    readonly reply: RefusalReply,
    readonly admitted: BatchedCounter,
    readonly refused: Counter,
    readonly shadowRefused: Counter,
  ) {
    this.chosen = store;
  }

  /** Whether the rule limits the request at hand; then its store, key and tokens are chosen. */
  applies(): bool {
    if (!this.scope.holds()) return false;
    this.chosen = this.store;
    this.chosenMaxTokens = this.maxTokens;
    for (let index = 0; index < this.overrides.length; index++) {
      const replacement = unchecked(this.overrides[index]);
      if (allHold(replacement.matchers)) {
        this.chosen = replacement.store;
        this.chosenMaxTokens = replacement.maxTokens;
        break;
      }
    }
    if (this.descriptors.length > 0) {
      this.fingerprint = fingerprintOf(this.descriptors, this.skipsMissingKey);
      if (this.fingerprint == NO_FINGERPRINT) return false;
    }
    const costHeader = this.costHeader;
    this.tokens = costHeader === null ? this.cost : this.costFrom(costHeader);
    return true;
  }

  /** A decimal whole number in the header, kept between 1 and the largest cost. */
  private costFrom(header: StaticArray<u8>): u64 {
    if (!readHeader(header) || factLength == 0) return this.cost;
    let value: u64 = 0;
    for (let offset = 0; offset < factLength; offset++) {
      const digit = load<u8>(fact + offset) - 48;
      if (digit > 9) return this.cost;
      value = min(value * 10 + digit, this.maxCost);
    }
    return max<u64>(value, 1);
  }
}

/** The rules of one configuration, found by host. */
export class RateLimits {
  readonly rules: Rule[] = [];
  readonly hosts: HostTable = new HostTable();
  /** Rules of the request at hand; as many as there can be at once. */
  found: StaticArray<i32> = new StaticArray<i32>(0);
  applying: StaticArray<i32> = new StaticArray<i32>(0);
  applyingCount: i32 = 0;
  /** Whether an admitted request's response carries headers of ours. */
  marksResponses: bool = false;
}
