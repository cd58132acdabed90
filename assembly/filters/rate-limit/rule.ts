import { HostTable } from '../../core/host-table';
import { equalBytes } from '../../core/bytes';
import { BatchedCounter, Counter } from '../../runtime/metrics';
import { authorityPort, fact, factLength, readHeader, readHost, readRouteName } from '../../runtime/request';
import { BucketStore } from '../../runtime/buckets/bucket-store';
import { allHold, Condition } from './condition';
import { Descriptor, fingerprintOf, NO_FINGERPRINT } from './descriptor';
import { RefusalReply } from './refusal-reply';

/** A limit that replaces the rule's for requests of a kind. */
export class LimitOverride {
  constructor(readonly conditions: Condition[], readonly store: BucketStore, readonly maxTokens: u64) {}
}

/** Most rules have none of these; 10,000 of them share one empty list each. Never written to. */
export const NO_NAMES: StaticArray<u8>[] = [];
export const NO_CONDITIONS: Condition[] = [];
export const NO_OVERRIDES: LimitOverride[] = [];
export const NO_DESCRIPTORS: Descriptor[] = [];

/** One rate-limit rule, and what it wants of the request at hand. */
export class Rule {
  ports: StaticArray<i32> | null = null;
  routes: StaticArray<u8>[] = NO_NAMES;
  conditions: Condition[] = NO_CONDITIONS;
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
    if (!this.matches()) return false;
    this.chosen = this.store;
    this.chosenMaxTokens = this.maxTokens;
    for (let index = 0; index < this.overrides.length; index++) {
      const replacement = unchecked(this.overrides[index]);
      if (allHold(replacement.conditions)) {
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

  private matches(): bool {
    const ports = this.ports;
    if (ports !== null && !this.portMatches(ports)) return false;
    if (this.routes.length > 0 && !this.routeMatches()) return false;
    return this.conditions.length == 0 || allHold(this.conditions);
  }

  private portMatches(ports: StaticArray<i32>): bool {
    readHost();
    const port = authorityPort();
    if (port < 0) return true;
    for (let index = 0; index < ports.length; index++) if (unchecked(ports[index]) == port) return true;
    return false;
  }

  private routeMatches(): bool {
    if (!readRouteName()) return false;
    for (let index = 0; index < this.routes.length; index++) {
      const route = unchecked(this.routes[index]);
      if (route.length == factLength && equalBytes(changetype<usize>(route), fact, factLength)) return true;
    }
    return false;
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
  /** Whether an admitted request's response carries headers of ours. */
  marksResponses: bool = false;
}
