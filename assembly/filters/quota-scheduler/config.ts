import { bytesOf, concatenateBytes } from '../../core/bytes';
import { hashBytes } from '../../core/hash';
import { MOST_FAIR_FLOWS, MOST_WORKLOADS } from '../../core/scheduling/schedule-record';
import { QuotaBucket } from '../../core/scheduling/quota-bucket';
import { JsonReader } from '../../runtime/json-reader';
import { CommonConfiguration } from '../../runtime/plugin-config';
import { ON_CLIENT_ADDRESS, ON_CONNECTION, ON_HEADER } from '../../runtime/request';
import { Matcher } from '../matching/matcher';
import { readDescriptors } from '../matching/read-descriptors';
import { readMatchers } from '../matching/read-matcher';
import { headerName, isHeaderName, isHeaderValue, readNonEmpty } from '../matching/read-text';
import { Scope } from '../matching/scope';
import { FIELD_NAME, FIELD_ON, needsName, readOn, ValueSource } from '../matching/value-source';
import { readResponse } from '../read-response';
import { RefusalReply } from '../refusal-reply';
import { QuotaScheduler } from './quota-scheduler';
import { Workload } from './workload';

const MATCH = bytesOf('match');
const BUCKET = bytesOf('bucket');
const CAPACITY_MILLITOKENS = bytesOf('capacityMillitokens');
const FILL_MILLITOKENS = bytesOf('fillMillitokens');
const FILL_INTERVAL_NANOS = bytesOf('fillIntervalNanos');
const CONTINUOUS_FILL = bytesOf('continuousFill');
const DELAY_INITIAL_FILL = bytesOf('delayInitialFill');
const KEY = bytesOf('key');
const KEY_CAPACITY = bytesOf('keyCapacity');
const KEY_IDLE_NANOS = bytesOf('keyIdleNanos');
const WORKLOADS = bytesOf('workloads');
const DEFAULT_WORKLOAD = bytesOf('defaultWorkload');
const WORKLOAD_FROM = bytesOf('workloadFrom');
const FAIRNESS_KEY = bytesOf('fairnessKey');
const FAIRNESS_CAPACITY = bytesOf('fairnessCapacity');
const COST_FROM = bytesOf('costFrom');
const PRIORITY_FROM = bytesOf('priorityFrom');
const QUEUE_CAPACITY = bytesOf('queueCapacity');
const REQUEST_TIMEOUT_NANOS = bytesOf('requestTimeoutNanos');
const DEADLINE_MARGIN_NANOS = bytesOf('deadlineMarginNanos');
const DEADLINE_HEADER = bytesOf('deadlineHeader');
const STRICT_AGEING_NANOS = bytesOf('strictAgeingNanos');
const RESPONSE = bytesOf('response');
const SHADOW_MODE = bytesOf('shadowMode');
const WEIGHT = bytesOf('weight');
const COST_MILLITOKENS = bytesOf('costMillitokens');
const QUEUE_TIMEOUT_NANOS = bytesOf('queueTimeoutNanos');
const STRICT = bytesOf('strict');
const FLOOR = bytesOf('floorMillitokensPerSecond');
const CAP = bytesOf('capMillitokensPerSecond');

const DEFAULT = bytesOf('default');
const SLASH = bytesOf('/');
/** With the scheduler's name behind it: what access logs show as %RESPONSE_CODE_DETAILS%. */
const DETAILS_PREFIX = bytesOf('sluice_quota_refused:');
const GRPC_UNAVAILABLE: u32 = 14;

const MOST_SAFE_WHOLE: u64 = (1 << 53) - 1;
const MILLI_NANOS: u64 = 1_000_000;
const LONGEST_INTERVAL_NANOS: u64 = 366 * 24 * 3600 * 1_000_000_000;
const LONGEST_WAIT_NANOS: u64 = 3_600_000_000_000;
const MOST_QUEUED: u64 = 100_000;
const MOST_KEYS: u64 = 4096;
const NANOS_PER_SECOND: f64 = 1e9;

/** Reads the `quotaSchedulers` of a plugin configuration. The fields are documented with the host's types (plugin-configuration.ts). */
export function readQuotaSchedulers(reader: JsonReader, common: CommonConfiguration): QuotaScheduler[] {
  const schedulers: QuotaScheduler[] = [];
  const names = new Set<u64>();
  if (!reader.enterArray()) return schedulers;
  for (let index = 0; reader.nextItem(index); index++) {
    const scheduler = new SchedulerReader(reader, common, names).read();
    if (scheduler !== null) schedulers.push(scheduler);
  }
  return schedulers;
}

/** The fields of a workload, before its name is known. */
class WorkloadFields {
  name: StaticArray<u8> = DEFAULT;
  matchers: Matcher[] = [];
  hasMatch: bool = false;
  weight: u64 = 1_000_000;
  cost: u64 = 1000;
  queueTimeoutNanos: u64 = 0;
  queueCapacity: u32 = 0;
  isStrict: bool = false;
  floor: u64 = 0;
  cap: u64 = 0;

  /** Reads the field at hand if it is one of a workload's parameters. */
  readParameter(reader: JsonReader): bool {
    if (reader.fieldIs(WEIGHT)) this.weight = reader.readWhole(1, MOST_SAFE_WHOLE);
    else if (reader.fieldIs(COST_MILLITOKENS)) this.cost = reader.readWhole(0, MOST_SAFE_WHOLE);
    else if (reader.fieldIs(QUEUE_TIMEOUT_NANOS)) this.queueTimeoutNanos = reader.readWhole(MILLI_NANOS, LONGEST_WAIT_NANOS);
    else if (reader.fieldIs(QUEUE_CAPACITY)) this.queueCapacity = <u32>reader.readWhole(1, MOST_QUEUED);
    else if (reader.fieldIs(STRICT)) this.isStrict = reader.readBoolean();
    else if (reader.fieldIs(FLOOR)) this.floor = reader.readWhole(1, MOST_SAFE_WHOLE);
    else if (reader.fieldIs(CAP)) this.cap = reader.readWhole(1, MOST_SAFE_WHOLE);
    else return false;
    return true;
  }
}

class SchedulerReader {
  private readonly scope: Scope = new Scope();
  private name: StaticArray<u8> = new StaticArray<u8>(0);
  private bucket: QuotaBucket | null = null;
  private readonly workloads: WorkloadFields[] = [];
  private standard: WorkloadFields = new WorkloadFields();
  private readonly reply: RefusalReply = new RefusalReply(DETAILS_PREFIX, 503, GRPC_UNAVAILABLE, null);

  constructor(
    private readonly reader: JsonReader,
    private readonly common: CommonConfiguration,
    private readonly names: Set<u64>,
  ) {}

  /** Null after an error. */
  read(): QuotaScheduler | null {
    const reader = this.reader;
    // Its fields are copied once name and bucket, which may stand anywhere, are known.
    const fields = new QuotaScheduler(this.name, UNSET_BUCKET, new Workload(DEFAULT, DEFAULT), this.reply);
    if (!reader.enterObject()) return null;
    while (reader.nextField()) {
      if (this.scope.readField(reader, this.common)) continue;
      if (reader.fieldIs(FIELD_NAME)) this.name = readName(reader);
      else if (reader.fieldIs(BUCKET)) this.bucket = readBucket(reader);
      else if (reader.fieldIs(KEY)) fields.key = readDescriptors(reader);
      else if (reader.fieldIs(KEY_CAPACITY)) fields.keyCapacity = <i32>reader.readWhole(1, MOST_KEYS);
      else if (reader.fieldIs(KEY_IDLE_NANOS)) fields.keyIdleNanos = reader.readWhole(MILLI_NANOS, LONGEST_INTERVAL_NANOS);
      else if (reader.fieldIs(WORKLOADS)) this.readWorkloads();
      else if (reader.fieldIs(DEFAULT_WORKLOAD)) this.standard = this.readStandard();
      else if (reader.fieldIs(WORKLOAD_FROM)) fields.workloadFrom = readSources(reader);
      else if (reader.fieldIs(FAIRNESS_KEY)) fields.fairnessKey = readDescriptors(reader);
      else if (reader.fieldIs(FAIRNESS_CAPACITY)) fields.fairnessCapacity = <i32>reader.readWhole(1, MOST_FAIR_FLOWS);
      else if (reader.fieldIs(COST_FROM)) fields.costFrom = readSources(reader);
      else if (reader.fieldIs(PRIORITY_FROM)) fields.priorityFrom = readSources(reader);
      else if (reader.fieldIs(QUEUE_CAPACITY)) fields.queueCapacity = <u32>reader.readWhole(1, MOST_QUEUED);
      else if (reader.fieldIs(REQUEST_TIMEOUT_NANOS)) fields.requestTimeoutNanos = reader.readWhole(MILLI_NANOS, LONGEST_WAIT_NANOS);
      else if (reader.fieldIs(DEADLINE_MARGIN_NANOS)) fields.deadlineMarginNanos = reader.readWhole(0, LONGEST_WAIT_NANOS);
      else if (reader.fieldIs(DEADLINE_HEADER)) fields.deadlineHeader = readHeaderName(reader);
      else if (reader.fieldIs(STRICT_AGEING_NANOS)) fields.strictAgeingNanos = reader.readWhole(MILLI_NANOS, LONGEST_WAIT_NANOS);
      else if (reader.fieldIs(RESPONSE)) readResponse(reader, this.reply);
      else if (reader.fieldIs(SHADOW_MODE)) fields.isShadow = reader.readBoolean();
      else reader.refuseField();
    }
    return reader.hasFailed ? null : this.assemble(fields);
  }

  private assemble(fields: QuotaScheduler): QuotaScheduler | null {
    const reader = this.reader;
    const bucket = this.bucket;
    if (this.name.length == 0) reader.refuse('expected a scheduler with a "name", got none');
    if (bucket === null) reader.refuse('expected a scheduler with a "bucket", got none');
    const identity = hashBytes(0, changetype<usize>(this.name), this.name.length);
    if (this.names.has(identity)) reader.refuse('expected a name of its own, got that of another scheduler');
    if (reader.hasFailed || bucket === null) return null;
    this.names.add(identity);
    const scheduler = new QuotaScheduler(this.name, bucket, this.workloadFrom(this.standard, bucket), this.reply);
    scheduler.scope = this.scope;
    scheduler.key = fields.key;
    scheduler.keyCapacity = fields.keyCapacity;
    scheduler.keyIdleNanos = fields.keyIdleNanos;
    scheduler.workloadFrom = fields.workloadFrom;
    scheduler.fairnessKey = fields.fairnessKey;
    scheduler.fairnessCapacity = fields.fairnessCapacity;
    scheduler.costFrom = fields.costFrom;
    scheduler.priorityFrom = fields.priorityFrom;
    scheduler.queueCapacity = fields.queueCapacity;
    scheduler.requestTimeoutNanos = fields.requestTimeoutNanos;
    scheduler.deadlineMarginNanos = fields.deadlineMarginNanos;
    scheduler.deadlineHeader = fields.deadlineHeader;
    scheduler.strictAgeingNanos = fields.strictAgeingNanos;
    scheduler.isShadow = fields.isShadow;
    const ids = new Set<u32>();
    for (let index = 0; index < this.workloads.length; index++) {
      const workload = this.workloadFrom(this.workloads[index], bucket);
      if (ids.has(workload.id) || workload.id == scheduler.defaultWorkload.id) {
        reader.refuse('expected workloads with names of their own, none of them "default"');
      }
      ids.add(workload.id);
      scheduler.workloads.push(workload);
    }
    for (let index = -1; index < scheduler.workloads.length; index++) {
      const workload = index < 0 ? scheduler.defaultWorkload : scheduler.workloads[index];
      workload.scheduler = scheduler;
      if (workload.capRate > 0) scheduler.hasCaps = true;
    }
    return scheduler;
  }

  private workloadFrom(fields: WorkloadFields, bucket: QuotaBucket): Workload {
    if (fields.cost > bucket.size) this.reader.refuse('expected a bucket that holds the tokens of one request of every workload');
    const owner = concatenateBytes(concatenateBytes(this.name, SLASH), fields.name);
    const workload = new Workload(fields.name, owner);
    workload.id = <u32>hashBytes(0, changetype<usize>(fields.name), fields.name.length);
    workload.matchers = fields.matchers;
    workload.weight = <f64>fields.weight;
    workload.cost = fields.cost;
    workload.queueTimeoutNanos = fields.queueTimeoutNanos;
    workload.queueCapacity = fields.queueCapacity;
    workload.isStrict = fields.isStrict;
    workload.floorRate = <f64>fields.floor / NANOS_PER_SECOND;
    workload.capRate = <f64>fields.cap / NANOS_PER_SECOND;
    return workload;
  }

  private readWorkloads(): void {
    const reader = this.reader;
    if (!reader.enterArray()) return;
    for (let index = 0; reader.nextItem(index); index++) {
      const fields = new WorkloadFields();
      fields.name = new StaticArray<u8>(0);
      if (!reader.enterObject()) return;
      while (reader.nextField()) {
        if (fields.readParameter(reader)) continue;
        if (reader.fieldIs(FIELD_NAME)) fields.name = readName(reader);
        else if (reader.fieldIs(MATCH)) {
          fields.matchers = readMatchers(reader, this.common);
          fields.hasMatch = true;
        } else reader.refuseField();
      }
      if (fields.name.length == 0 || !fields.hasMatch) reader.refuse('expected a workload with "name" and "match"');
      this.workloads.push(fields);
    }
    if (this.workloads.length >= MOST_WORKLOADS) reader.refuse('expected at most 64 workloads');
  }

  private readStandard(): WorkloadFields {
    const fields = new WorkloadFields();
    if (!this.reader.enterObject()) return fields;
    while (this.reader.nextField()) if (!fields.readParameter(this.reader)) this.reader.refuseField();
    return fields;
  }
}

const UNSET_BUCKET = new QuotaBucket(1, 1, 1, false, false);

function readBucket(reader: JsonReader): QuotaBucket | null {
  let capacity: u64 = 0;
  let fill: u64 = 0;
  let hasFill = false;
  let intervalNanos: u64 = 0;
  let isContinuous = true;
  let isDelayed = false;
  if (!reader.enterObject()) return null;
  while (reader.nextField()) {
    if (reader.fieldIs(CAPACITY_MILLITOKENS)) capacity = reader.readWhole(1, MOST_SAFE_WHOLE);
    else if (reader.fieldIs(FILL_MILLITOKENS)) {
      fill = reader.readWhole(0, MOST_SAFE_WHOLE);
      hasFill = true;
    } else if (reader.fieldIs(FILL_INTERVAL_NANOS)) intervalNanos = reader.readWhole(MILLI_NANOS, LONGEST_INTERVAL_NANOS);
    else if (reader.fieldIs(CONTINUOUS_FILL)) isContinuous = reader.readBoolean();
    else if (reader.fieldIs(DELAY_INITIAL_FILL)) isDelayed = reader.readBoolean();
    else reader.refuseField();
  }
  if (reader.hasFailed) return null;
  if (capacity == 0 || !hasFill || intervalNanos == 0) {
    reader.refuse('expected a bucket with "capacityMillitokens", "fillMillitokens" and "fillIntervalNanos"');
    return null;
  }
  return new QuotaBucket(capacity, fill, intervalNanos, !isContinuous, isDelayed);
}

function readSources(reader: JsonReader): ValueSource[] {
  const sources: ValueSource[] = [];
  if (!reader.enterArray()) return sources;
  for (let index = 0; reader.nextItem(index); index++) {
    let on = -1;
    let name = new StaticArray<u8>(0);
    if (!reader.enterObject()) return sources;
    while (reader.nextField()) {
      if (reader.fieldIs(FIELD_ON)) on = readOn(reader);
      else if (reader.fieldIs(FIELD_NAME)) name = readNonEmpty(reader);
      else reader.refuseField();
    }
    if (on < 0 || on == ON_CLIENT_ADDRESS || on == ON_CONNECTION) reader.refuse('expected a source with "on": header, cookie, query, path, method, host or flavor');
    else if (needsName(on) != name.length > 0) reader.refuse('expected "name" with header, cookie and query alone');
    sources.push(new ValueSource(on, on == ON_HEADER ? headerName(name) : name));
  }
  if (sources.length == 0) reader.refuse('expected at least one source');
  return sources;
}

function readName(reader: JsonReader): StaticArray<u8> {
  const name = readNonEmpty(reader);
  if (!isHeaderValue(name)) reader.refuse('expected a name without control characters');
  return name;
}

function readHeaderName(reader: JsonReader): StaticArray<u8> {
  const name = headerName(readNonEmpty(reader));
  if (!isHeaderName(name)) reader.refuse('expected the name of a header');
  return name;
}
