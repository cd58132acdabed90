import { HostTable } from '../../core/host-table';
import { BreakerSettings } from '../../core/circuit-breaker/settings';
import { BreakerMetrics } from '../../runtime/breakers/breaker-metrics';
import { BreakerStore } from '../../runtime/breakers/breaker-store';
import { Descriptor, fingerprintOf, NO_FINGERPRINT } from '../matching/descriptor';
import { findByHost } from '../matching/find-by-host';
import { Scope } from '../matching/scope';
import { RefusalReply } from '../refusal-reply';
import { FailureConditions } from './outcome';

/** One policy's breaker, or a breaker a key. */
export class Breaker {
  /** The request at hand: the key's fingerprint. */
  fingerprint: u64 = 0;

  constructor(
    readonly name: StaticArray<u8>,
    /** Tells breakers of two configurations apart. */
    readonly identity: u32,
    readonly scope: Scope,
    readonly descriptors: Descriptor[],
    readonly skipsMissingKey: bool,
    readonly settings: BreakerSettings,
    readonly failures: FailureConditions,
    /** Durations end with the response instead of its headers. */
    readonly measuresWhole: bool,
    readonly store: BreakerStore,
    readonly metrics: BreakerMetrics,
    readonly reply: RefusalReply,
  ) {}

  /** Whether the request at hand is one of the breaker's; then its key is known. */
  applies(): bool {
    if (!this.scope.holds()) return false;
    if (this.descriptors.length == 0) return true;
    this.fingerprint = fingerprintOf(this.descriptors, this.skipsMissingKey);
    return this.fingerprint != NO_FINGERPRINT;
  }
}

/** The breakers of one configuration, found by host. */
export class Breakers {
  readonly breakers: Breaker[] = [];
  readonly hosts: HostTable = new HostTable();
  /** Breakers of the request's host; as many as there can be at once. */
  found: StaticArray<i32> = new StaticArray<i32>(0);

  /** Position of the breaker of the request at hand, −1 for none: of the most exact host, the first that applies. */
  find(): i32 {
    const count = findByHost(this.hosts, this.found);
    for (let index = 0; index < count; index++) {
      const position = unchecked(this.found[index]);
      if (unchecked(this.breakers[position]).applies()) return position;
    }
    return -1;
  }
}
