import { QuotaBucket } from '../../core/scheduling/quota-bucket';
import { bytesOf, equalBytes } from '../../core/bytes';
import { fact, factLength, readHeader, readValue } from '../../runtime/request';
import { Descriptor, firstFingerprintOf } from '../matching/descriptor';
import { allHold } from '../matching/matcher';
import { Scope } from '../matching/scope';
import { ValueSource } from '../matching/value-source';
import { RefusalReply } from '../refusal-reply';
import { parseMillis, parseTimeout, parseTokens } from './parse-header';
import { LiveScheduler } from './live-scheduler';
import { Workload } from './workload';

const GRPC_TIMEOUT = bytesOf('grpc-timeout');
const NO_DESCRIPTORS: Descriptor[] = [];
const NO_SOURCES: ValueSource[] = [];
const LEAST_HEADER_TOKENS: u64 = 1000;
const MOST_PRIORITY: u64 = 1_000_000;
/** Flows by priority alone, without a fairness key. */
const MOST_PRIORITIES: i32 = 8;

/** A quota scheduler as one configuration wants it, and what it makes of the request at hand. */
export class QuotaScheduler {
  scope: Scope = new Scope();
  key: Descriptor[] = NO_DESCRIPTORS;
  keyCapacity: i32 = 256;
  keyIdleNanos: u64 = 7_200_000_000_000;
  workloads: Workload[] = [];
  workloadFrom: ValueSource[] = NO_SOURCES;
  fairnessKey: Descriptor[] = NO_DESCRIPTORS;
  fairnessCapacity: i32 = 64;
  costFrom: ValueSource[] = NO_SOURCES;
  priorityFrom: ValueSource[] = NO_SOURCES;
  queueCapacity: u32 = 10_000;
  requestTimeoutNanos: u64 = 15_000_000_000;
  deadlineMarginNanos: u64 = 10_000_000;
  deadlineHeader: StaticArray<u8> | null = null;
  strictAgeingNanos: u64 = 1_000_000_000;
  isShadow: bool = false;
  /** Some workload has a cap, so every request has to be looked at in the ledger. */
  hasCaps: bool = false;

  /** The one that lives on over configurations; set when this configuration is accepted. */
  live: LiveScheduler | null = null;

  // The request at hand, after `look`.
  workload: Workload;
  cost: u64 = 0;
  /** Of the flow within the workload. */
  flowId: u32 = 0;
  flowWeight: f64 = 1;

  constructor(
    readonly name: StaticArray<u8>,
    readonly bucket: QuotaBucket,
    readonly defaultWorkload: Workload,
    readonly reply: RefusalReply,
  ) {
    this.workload = defaultWorkload;
  }

  get isKeyed(): bool { return this.key.length > 0; }

  /** Fingerprint of the value that has a queue of its own; 0 when there is one queue. */
  fingerprint(): u64 {
    return this.isKeyed ? firstFingerprintOf(this.key) : 0;
  }

  /** Reads of the request at hand which workload it is of, what it costs and which flow it joins. */
  look(): void {
    const workload = this.findWorkload();
    this.workload = workload;
    this.cost = this.costFrom.length > 0 ? this.readCost(workload.cost) : workload.cost;
    this.flowId = 0;
    this.flowWeight = 1;
    const hasFairness = this.fairnessKey.length > 0;
    if (hasFairness) this.flowId = <u32>firstFingerprintOf(this.fairnessKey);
    if (this.priorityFrom.length > 0 && readFirst(this.priorityFrom)) {
      const priority = parseTokens(fact, factLength, MOST_PRIORITY);
      if (priority > 0) this.flowWeight = <f64>max<u64>(priority, 1000) / 1000;
      if (!hasFairness) this.flowId = <u32>max<u64>(priority, 1000);
    }
  }

  /** Most flows that the record tells apart. */
  get flowCapacity(): i32 {
    return this.fairnessKey.length > 0 ? this.fairnessCapacity : this.priorityFrom.length > 0 ? MOST_PRIORITIES : 1;
  }

  private findWorkload(): Workload {
    if (this.workloadFrom.length > 0 && readFirst(this.workloadFrom)) {
      const name = fact;
      const length = factLength;
      for (let index = 0; index < this.workloads.length; index++) {
        const named = unchecked(this.workloads[index]).name;
        if (named.length == length && equalBytes(changetype<usize>(named), name, length)) return unchecked(this.workloads[index]);
      }
    }
    for (let index = 0; index < this.workloads.length; index++) {
      if (allHold(unchecked(this.workloads[index]).matchers)) return unchecked(this.workloads[index]);
    }
    return this.defaultWorkload;
  }

  private readCost(otherwise: u64): u64 {
    if (!readFirst(this.costFrom)) return otherwise;
    const tokens = parseTokens(fact, factLength, this.bucket.size);
    // A client's word never makes a request free.
    return tokens == 0 ? otherwise : min(max(tokens, LEAST_HEADER_TOKENS), this.bucket.size);
  }

  /** Nanoseconds the request at hand may wait. */
  patience(): u64 {
    const margin = this.deadlineMarginNanos;
    let caller: u64 = 0;
    if (readHeader(GRPC_TIMEOUT)) caller = parseTimeout(fact, factLength);
    const header = this.deadlineHeader;
    if (header !== null && readHeader(header)) {
      const told = parseMillis(fact, factLength);
      if (told > 0) caller = caller == 0 ? told : min(caller, told);
    }
    const queueTimeout = this.workload.queueTimeoutNanos;
    if (caller == 0) {
      if (queueTimeout > 0) return queueTimeout;
      caller = this.requestTimeoutNanos;
    }
    const rest = caller > margin ? caller - margin : 0;
    return queueTimeout == 0 ? rest : min(queueTimeout, rest);
  }

  workloadOf(id: u32): Workload | null {
    if (this.defaultWorkload.id == id) return this.defaultWorkload;
    for (let index = 0; index < this.workloads.length; index++) if (this.workloads[index].id == id) return this.workloads[index];
    return null;
  }
}

/** Leaves the value of the first source that the request has in `fact`. */
function readFirst(sources: ValueSource[]): bool {
  for (let index = 0; index < sources.length; index++) {
    const source = unchecked(sources[index]);
    if (readValue(source.on, source.name)) return true;
  }
  return false;
}
