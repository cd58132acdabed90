import { beginGrants, charge, GRANTED, grantNext, nextFlow, nextSlot, settleGrant, SHORT, shortNanos, tokensUpTo, UNKNOWN } from '../../core/scheduling/fair-order';
import { QuotaBucket } from '../../core/scheduling/quota-bucket';
import { hasMeter, isMeterFull, meterWaitNanos, readMeter, setMeter, chargeMeter } from '../../core/scheduling/rate-meter';
import {
  addFlow,
  addServedTokens,
  BUCKET_STATE,
  CAP_METER,
  cellAt,
  cellGranted,
  cellPushedOut,
  cellWaiting,
  clearCell,
  findFlow,
  findSlot,
  findWorkload,
  FLOOR_METER,
  flowAt,
  flowCount,
  flowFinish,
  flowId,
  flowTokens,
  flowWaiting,
  flowWeight,
  flowWorkloadId,
  innerTime,
  isDemanding,
  lastLeaseNanos,
  lastUsedNanos,
  MOST_FLOWS,
  MOST_WORKLOADS,
  needSlot,
  needWorkload,
  openRecord,
  outstandingTokens,
  pushOutNewest,
  recordFingerprint,
  removeFlow,
  removeWorkload,
  SCHEDULER_HEADER_BYTES,
  scheduleRecord,
  scheduleRecordBytes,
  servedTokens,
  setDemanding,
  setFlowFinish,
  setFlowWeight,
  setLastLeaseNanos,
  setLastUsedNanos,
  setOutstandingTokens,
  setRecordFingerprint,
  setSlot,
  setStrict,
  setVirtualTime,
  setWaitingSinceNanos,
  setWorkloadFinish,
  setWorkloadWeight,
  showHead,
  shownCost,
  SHOWN_HEADS,
  slotCount,
  slotLastLookNanos,
  slotNextLookNanos,
  slotWorker,
  virtualTime,
  waitingSinceNanos,
  workloadAt,
  workloadCount,
  workloadFinish,
  workloadId,
  workloadWeight,
  writeCell,
} from '../../core/scheduling/schedule-record';
import {
  commitBytes,
  createRecord,
  forgetRecord,
  MOST_COMMIT_ATTEMPTS,
  mostWorkers,
  readRecordOfAnySize,
  record,
  workerId,
} from '../../runtime/ledger';
import { holdLease, LeaseHolder } from '../../runtime/buckets/lease-book';
import { soonerTick, wantTickWithin } from '../../runtime/ticks';
import { addDeadline, removeDeadline } from './deadlines';
import { enterHeldRequest, freeHeldRequest, HeldRequest, leaveHeldRequest, newHeldRequest } from './held-request';
import { LiveScheduler } from './live-scheduler';
import { freeLocalFlow, LocalFlow, newLocalFlow } from './local-flow';
import { admitHeld, refuseHeld } from './outcome';
import { QuotaScheduler } from './quota-scheduler';
import { Workload } from './workload';

export const ADMITTED: i32 = 0;
export const HELD: i32 = 1;
/** It could not be served in time; `retryNanos` from now one like it could. */
export const TOO_LATE: i32 = 2;
/** As many wait as may. */
export const FULL: i32 = 3;
/** The key has lost its place in the table of queues. */
export const MOVED: i32 = 4;
/** It would have had to wait, if the scheduler were not in shadow mode. */
export const SHADOW_HELD: i32 = 5;
export let retryNanos: u64 = 0;

const NANOS_PER_MILLI: u64 = 1_000_000;
/** While requests wait here, the record is looked at this often at least: others may have given tokens back. */
const LONGEST_LOOK_NANOS: u64 = 20 * NANOS_PER_MILLI;
/** A worker that was not seen for so long is gone, and what it held with it. */
const WORKER_LOST_NANOS: u64 = 10_000_000_000;
/** Requests let go in one go, so that nothing else on the worker waits for them. */
export const MOST_GRANTS: i32 = 256;
/** Queues looked at in one tick; the others have theirs a millisecond later. */
const MOST_VISITS: i32 = 128;
/** Of its time, as long as a standing queue lasts, a request may wait this part. */
const STANDING_SHARE: u64 = 4;
/** A workload that has waited for this part of a newcomer's wait is expected to wait all through it. */
const LASTING_SHARE: u64 = 4;
/** A refusal because the ledger was too contended: come back this soon. */
const CONTENTION_NANOS: u64 = 1_000_000;

// Leases, as in runtime/buckets/shared-bucket.ts.
const MOST_LEASED_REQUESTS: u64 = 64;
const LEASE_GROWTH_NANOS: u64 = 5 * NANOS_PER_MILLI;
const LEASE_SHARE: u64 = 64;
const OUTSTANDING_SHARE: u64 = 16;
const LEASE_LOST_NANOS: u64 = 10_000_000_000;

/** What one change of the record decides: it is carried out when the change is in. */
const MOST_DECIDED: i32 = MOST_GRANTS + MOST_FLOWS * SHOWN_HEADS;
const admitted = new StaticArray<HeldRequest | null>(MOST_DECIDED);
let admittedCount = 0;
/** The local flow of every row of the record, where there is one. */
const flowsByRow = new StaticArray<LocalFlow | null>(MOST_FLOWS);

/** A record nobody has used. */
const UNUSED: usize = memory.data(112, 8);

/** Queues with something to do on ticks. */
let firstActive: Queue | null = null;

/**
 * One queue and its bucket, as this worker sees it: the requests that wait here, and the record all workers share.
 * Every visit reads the record, collects what was granted to requests here, shows what waits here, hands out the
 * tokens there are to whoever is next on any worker, and writes it back by compare-and-set. While nobody waits, a worker
 * in a hurry leases a few tokens, as runtime/buckets/shared-bucket.ts does.
 */
export class Queue extends LeaseHolder {
  private settings: QuotaScheduler;
  private readonly flows: LocalFlow[] = [];
  /** Requests that wait here. */
  private waiting: i32 = 0;
  /** The record shows something of this worker that is no longer so. */
  private isStale: bool = false;
  private slot: i32 = -1;

  private nextActive: Queue | null = null;
  private isActive: bool = false;
  private nextLookNanos: u64 = 0;

  private leased: u64 = 0;
  private leaseSize: u64 = 0;
  private growth: u64 = 0;
  private lastLedgerNanos: u64 = 0;
  /** The key for whose requests the lease was taken. */
  private leasedFor: u64 = 0;

  private isChanged: bool = false;

  constructor(private readonly live: LiveScheduler, private readonly key: StaticArray<u8>) {
    super();
    this.settings = live.settings;
  }

  get isIdleHere(): bool { return this.waiting == 0 && !this.isStale && this.leaseSize == 0; }

  /** The settings were edited: what waits goes on under the workloads of the same names. */
  adopt(settings: QuotaScheduler): void {
    this.settings = settings;
    for (let index = 0; index < this.flows.length; index++) {
      const flow = this.flows[index];
      const workload = settings.workloadOf(flow.workload!.id);
      if (workload !== null) flow.workload = workload;
    }
  }

  /** Spends tokens held ahead of need; false when there are too few. */
  takeHeld(cost: u64, fingerprint: u64): bool {
    if (this.leased < cost || this.leasedFor != fingerprint) return false;
    this.leased -= cost;
    return true;
  }

  get isLeasing(): bool { return this.leaseSize > 0; }

  // Arrivals ----------------------------------------------------------------------------------------------------------

  /**
   * A request comes, as `settings` have looked at it: ADMITTED, HELD, TOO_LATE, FULL, or MOVED when the queue is no
   * longer that of `fingerprint` (0: no matter).
   */
  arrive(context: u32, nowNanos: u64, patienceNanos: u64, isGrpc: bool, fingerprint: u64): i32 {
    const settings = this.settings;
    const workload = settings.workload;
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.begin(nowNanos)) break;
      if (fingerprint != 0 && recordFingerprint() != fingerprint) return MOVED;
      let request: HeldRequest | null = null;
      let verdict = ADMITTED;
      let lease: u64 = 0;
      if (recordWaiting() == 0 && this.takeNow(workload, settings.cost, nowNanos)) {
        lease = this.leaseFor(settings.cost, nowNanos);
      } else if (settings.isShadow) {
        verdict = SHADOW_HELD;
      } else {
        const id = recordFlowId(workload.id, settings.flowId, settings.flowCapacity);
        verdict = this.verdictOf(workload, id, nowNanos, patienceNanos);
        if (verdict == HELD) {
          request = this.append(context, id, nowNanos, patienceNanos, isGrpc);
        }
      }
      if (!this.finish(nowNanos)) {
        if (request !== null) this.takeBack(request);
        continue;
      }
      this.adoptLease(lease, nowNanos);
      if (request === null) {
        this.carryOut(nowNanos, null);
        return verdict;
      }
      return this.carryOut(nowNanos, request) ? ADMITTED : HELD;
    }
    retryNanos = CONTENTION_NANOS;
    return FULL;
  }

  private append(context: u32, id: u32, nowNanos: u64, patienceNanos: u64, isGrpc: bool): HeldRequest {
    const settings = this.settings;
    const request = newHeldRequest();
    request.context = context;
    request.workload = settings.workload;
    request.cost = settings.cost;
    request.arrivalNanos = nowNanos;
    request.deadlineNanos = nowNanos + patienceNanos;
    request.isGrpc = isGrpc;
    request.servedBefore = servedTokens();
    request.tokensAhead = recordTokens();
    const flow = this.needLocalFlow(settings.workload, id);
    flow.weight = settings.flowWeight;
    request.flow = flow;
    flow.append(request);
    this.waiting++;
    this.showFlow(flow, nowNanos);
    return request;
  }

  /** The change of the record with this newcomer was lost to another worker. Its flow goes when the next one is in. */
  private takeBack(request: HeldRequest): void {
    request.flow!.remove(request);
    this.waiting--;
    freeHeldRequest(request);
  }

  /** Nobody waits: takes the tokens if they are there and the workload is not at its cap. */
  private takeNow(workload: Workload, cost: u64, nowNanos: u64): bool {
    const bucket = this.live.bucket;
    const state = scheduleRecord + BUCKET_STATE;
    if (!bucket.has(state, cost)) return false;
    if (workload.capRate > 0) {
      const index = needWorkload(workload.id);
      if (index < 0) return false;
      const row = workloadAt(index);
      this.describeWorkload(row, workload, nowNanos);
      if (readMeter(row + CAP_METER, nowNanos) < <f64>cost) return false;
      chargeMeter(row + CAP_METER, <f64>cost);
    }
    bucket.take(scheduleRecord + BUCKET_STATE, cost);
    addServedTokens(cost);
    if (workloadCount() > 0) removeSettledRows(nowNanos);
    this.isChanged = true;
    return true;
  }

  /** Whether a request that must wait may: HELD, TOO_LATE or FULL. */
  private verdictOf(workload: Workload, id: u32, nowNanos: u64, patienceNanos: u64): i32 {
    const settings = this.settings;
    const index = findWorkload(workload.id);
    const row: usize = index < 0 ? 0 : workloadAt(index);
    const ownWaiting: u32 = row == 0 ? 0 : workloadWaiting(workload.id);
    const flowIndex = row == 0 ? -1 : findFlow(workload.id, id);
    const wait = this.expectedWait(workload, id, settings.cost, nowNanos);
    let allowed = patienceNanos;
    const since = row == 0 ? 0 : waitingSinceNanos(row);
    // A queue that has stood for a whole timeout will not go away: keep the wait of those who get in short.
    if (ownWaiting > 0 && since > 0 && nowNanos - min(nowNanos, since) >= patienceNanos) allowed = patienceNanos / STANDING_SHARE;
    if (wait > allowed) {
      retryNanos = wait - allowed;
      this.rememberDemand(workload, nowNanos);
      return TOO_LATE;
    }
    retryNanos = max<u64>(wait, 1);
    const ownCapacity = workload.queueCapacity == 0 ? settings.queueCapacity : workload.queueCapacity;
    if (ownWaiting >= ownCapacity) return FULL;
    if (index < 0 && workloadCount() == MOST_WORKLOADS) return FULL;
    if (flowIndex < 0 && flowCount() == MOST_FLOWS) return FULL;
    if (this.slot < 0 && (this.slot = needSlot(workerId())) < 0) return FULL;
    if (recordWaiting() >= settings.queueCapacity && !this.pushOut(workload.weight, nowNanos)) return FULL;
    return HELD;
  }

  /** Nanoseconds that a newcomer of this workload and flow would wait, by the record at hand. */
  private expectedWait(workload: Workload, id: u32, cost: u64, nowNanos: u64): u64 {
    const bucket = this.live.bucket;
    const state = scheduleRecord + BUCKET_STATE;
    const index = findWorkload(workload.id);
    const row: usize = index < 0 ? 0 : workloadAt(index);
    const flowIndex = row == 0 ? -1 : findFlow(workload.id, id);
    const flow: usize = flowIndex < 0 ? 0 : flowAt(flowIndex);
    let start = virtualTime();
    if (row != 0) start = workloadWaiting(workload.id) > 0 ? workloadFinish(row) : startOf(row, cost, workload.weight);
    let tokens = tokensUpTo(row, flow, start, workload.weight, workload.isStrict, cost, 0);
    let wait = bucket.nanosUntil(state, nowNanos, tokens);
    // That is if nobody else comes. Workloads that have waited for a good part of it already are expected to go on.
    const lastingSince = nowNanos - min(nowNanos, wait / LASTING_SHARE);
    tokens = tokensUpTo(row, flow, start, workload.weight, workload.isStrict, cost, lastingSince);
    wait = bucket.nanosUntil(state, nowNanos, tokens);
    if (workload.capRate == 0 || row == 0 || !hasMeter(row + CAP_METER)) return wait;
    readMeter(row + CAP_METER, nowNanos);
    const upTo = <f64>workloadTokens(workload.id) + <f64>cost;
    return max(wait, <u64>min(meterWaitNanos(row + CAP_METER, upTo), 1e18));
  }

  /** As told to a request that has waited in vain: from when on one like it would be served in time. */
  retryAfter(request: HeldRequest, nowNanos: u64): u64 {
    if (!this.open()) return CONTENTION_NANOS;
    this.live.bucket.refill(scheduleRecord + BUCKET_STATE, nowNanos, outstandingTokens(), true);
    return this.retryAfterNow(request, nowNanos);
  }

  /** By the record at hand. */
  private retryAfterNow(request: HeldRequest, nowNanos: u64): u64 {
    const wait = this.expectedWait(request.workload!, request.flow!.id, request.cost, nowNanos);
    const patience = request.deadlineNanos - request.arrivalNanos;
    return wait > patience ? wait - patience : 1;
  }

  /** A workload whose requests are turned away keeps its place in the order, or it would never get its share. */
  private rememberDemand(workload: Workload, nowNanos: u64): void {
    const index = needWorkload(workload.id);
    if (index < 0) return;
    const row = workloadAt(index);
    if (isDemanding(row)) return;
    this.describeWorkload(row, workload, nowNanos);
    if (workloadWaiting(workload.id) == 0) setWorkloadFinish(row, max(workloadFinish(row), virtualTime()));
    setDemanding(row);
    this.isChanged = true;
  }

  /** Makes room by refusing the newest request of the lightest workload that is lighter than `weight`. */
  private pushOut(weight: f64, nowNanos: u64): bool {
    let lightest = weight;
    let victim = -1;
    for (let flow = 0; flow < flowCount(); flow++) {
      const row = flowAt(flow);
      if (flowWaiting(row) == 0) continue;
      const ownWeight = workloadWeight(workloadAt(findWorkload(flowWorkloadId(row))));
      if (ownWeight >= lightest) continue;
      lightest = ownWeight;
      victim = flow;
    }
    if (victim < 0) return false;
    this.isChanged = true;
    const local = unchecked(flowsByRow[victim]);
    if (local !== null && local.open > 0) {
      local.drop();
      this.showFlow(local, nowNanos);
      return true;
    }
    for (let slot = 0; slot < slotCount(); slot++) {
      const cell = cellAt(flowAt(victim), slot);
      if (cellWaiting(cell) == 0) continue;
      pushOutNewest(cell);
      return true;
    }
    return false;
  }

  // The record: begin, then finish; again if another worker was faster -----------------------------------------------

  /** Reads the record, brings it up to now, collects what was granted here and shows what waits here. */
  private begin(nowNanos: u64): bool {
    const live = this.live;
    const state = BUCKET_STATE;
    this.isChanged = false;
    if (!this.open()) return false;
    if (live.stored.needsConversion(scheduleRecord)) {
      live.bucket.convert(scheduleRecord, scheduleRecord + state, nowNanos);
      live.stored.stamp(scheduleRecord);
      this.isChanged = true;
    }
    this.returnLease(nowNanos);
    live.bucket.refill(scheduleRecord + state, nowNanos, outstandingTokens(), recordWaiting() > 0);
    setLastUsedNanos(nowNanos);
    admittedCount = 0;
    for (let index = 0; index < this.flows.length; index++) unchecked(this.flows[index]).rewind();
    if (slotCount() > 0) this.reclaimLostWorkers(nowNanos);
    this.slot = findSlot(workerId());
    for (let flow = 0; flow < flowCount(); flow++) unchecked((flowsByRow[flow] = null));
    if (this.flows.length > 0) {
      this.isChanged = true;
      if (this.slot >= 0) this.collect();
      else if (this.waiting > 0) this.slot = needSlot(workerId());
      for (let index = 0; index < this.flows.length; index++) this.showFlow(unchecked(this.flows[index]), nowNanos);
    }
    return true;
  }

  /** A record that is absent or not ours is made anew, as a scheduler nobody has used. */
  private open(): bool {
    for (let attempt = 0; attempt < 3; attempt++) {
      const bytes = readRecordOfAnySize(this.key);
      const isOpen = bytes >= 0 && openRecord(record, bytes);
      forgetRecord();
      if (isOpen) return true;
      if (bytes < 0) createRecord(this.key, SCHEDULER_HEADER_BYTES);
      else commitBytes(this.key, UNUSED, SCHEDULER_HEADER_BYTES);
    }
    return false;
  }

  /** What was granted to requests here since the last visit; and those that are to give way. */
  private collect(): void {
    for (let index = 0; index < this.flows.length; index++) {
      const flow = unchecked(this.flows[index]);
      const at = rowOf(flow);
      if (at < 0) continue;
      const row = flowAt(at);
      const cell = cellAt(row, this.slot);
      for (let head = 0; head < cellGranted(cell); head++) {
        const request = unchecked(flow.shown[head]);
        if (request === null) this.refundGrant(row, shownCost(cell, head));
        else unchecked((admitted[admittedCount++] = flow.pass()));
      }
      for (let count = cellPushedOut(cell); count > 0 && flow.open > 0; count--) flow.drop();
    }
  }

  /** Tokens that were granted to a request which is gone. */
  private refundGrant(flow: usize, cost: u64): void {
    this.live.bucket.giveBack(scheduleRecord + BUCKET_STATE, cost);
    const index = findWorkload(flowWorkloadId(flow));
    if (index >= 0) charge(workloadAt(index), flow, -<f64>cost);
  }

  /** Writes what waits here of a flow into its cell. */
  private showFlow(flow: LocalFlow, nowNanos: u64): void {
    const workload = flow.workload!;
    let at = rowOf(flow);
    if (flow.open == 0) {
      if (at < 0 || this.slot < 0) return;
      clearCell(cellAt(flowAt(at), this.slot));
      const index = findWorkload(workload.id);
      if (index >= 0 && flow.hasLost) setDemanding(workloadAt(index));
      return;
    }
    if (this.slot < 0) return;
    const index = needWorkload(workload.id);
    if (index < 0 || (at < 0 && flowCount() == MOST_FLOWS)) return;
    this.describeWorkload(workloadAt(index), workload, nowNanos);
    const isNewlyWaiting = at < 0 || flowWaiting(flowAt(at)) == 0;
    if (isNewlyWaiting && workloadWaiting(workload.id) == 0) {
      const row = workloadAt(index);
      setWorkloadFinish(row, startOf(row, flow.cursor!.cost, workload.weight));
      setWaitingSinceNanos(row, nowNanos);
    }
    if (at < 0) {
      at = addFlow(workload.id, flow.id, innerTime(workloadAt(index)));
      flow.rowHint = at;
    } else if (isNewlyWaiting) {
      setFlowFinish(flowAt(at), max(flowFinish(flowAt(at)), innerTime(workloadAt(index))));
    }
    const row = flowAt(at);
    setFlowWeight(row, flow.weight);
    unchecked((flowsByRow[at] = flow));
    this.showCell(flow, cellAt(row, this.slot));
    this.isChanged = true;
  }

  private showCell(flow: LocalFlow, cell: usize): void {
    writeCell(cell, flow.open, flow.openTokens);
    let request = flow.cursor;
    for (let head = 0; head < min(SHOWN_HEADS, flow.open) && request !== null; head++) {
      showHead(cell, request.arrivalNanos, request.cost);
      request = request.next;
    }
  }

  private describeWorkload(row: usize, workload: Workload, nowNanos: u64): void {
    setWorkloadWeight(row, workload.weight);
    setStrict(row, workload.isStrict);
    const burst = <f64>max(workload.cost, 1000);
    if (workload.floorRate > 0) setMeter(row + FLOOR_METER, workload.floorRate, burst, nowNanos);
    if (workload.capRate > 0) setMeter(row + CAP_METER, workload.capRate, burst, nowNanos);
  }

  /** Requests of workers that are gone count no more, and what was granted to them goes back. */
  private reclaimLostWorkers(nowNanos: u64): void {
    for (let slot = 0; slot < slotCount(); slot++) {
      const worker = slotWorker(slot);
      if (worker == 0 || worker == workerId() || slotLastLookNanos(slot) + WORKER_LOST_NANOS >= nowNanos) continue;
      for (let flow = 0; flow < flowCount(); flow++) {
        const row = flowAt(flow);
        const cell = cellAt(row, slot);
        for (let head = 0; head < cellGranted(cell); head++) this.refundGrant(row, shownCost(cell, head));
        clearCell(cell);
      }
      setSlot(slot, 0, 0, 0);
      this.isChanged = true;
    }
  }

  /** Hands out the tokens there are and writes the record back; false when another worker was faster. */
  private finish(nowNanos: u64): bool {
    const bucket = this.live.bucket;
    let result = GRANTED;
    if (flowCount() > 0) {
      beginGrants(nowNanos, this.settings.strictAgeingNanos);
      for (let grants = 0; grants < MOST_GRANTS && (result = grantNext(bucket)) == GRANTED; grants++) {
        this.isChanged = true;
        if (nextSlot == this.slot) {
          const flow = unchecked(flowsByRow[nextFlow])!;
          unchecked((admitted[admittedCount++] = flow.pass()));
          this.showCell(flow, cellAt(flowAt(nextFlow), this.slot));
        }
        settleGrant();
      }
    }
    // What somebody who has not said so may be about to take is not past the size of the bucket.
    if (result == SHORT || recordWaiting() == 0) bucket.clip(scheduleRecord + BUCKET_STATE, outstandingTokens());
    let delay = LONGEST_LOOK_NANOS;
    if (result == SHORT) delay = min(shortNanos, delay);
    else if (result == UNKNOWN || result == GRANTED) delay = NANOS_PER_MILLI;
    this.nextLookNanos = nowNanos + max(delay, 1);
    if (!this.isChanged) return true;
    if (this.slot >= 0) setSlot(this.slot, workerId(), this.openHere > 0 ? this.nextLookNanos : u64.MAX_VALUE >> 1, nowNanos);
    if (flowCount() > 0) removeIdleFlows();
    return commitBytes(this.key, scheduleRecord, scheduleRecordBytes);
  }

  private get openHere(): i32 {
    let open = 0;
    for (let index = 0; index < this.flows.length; index++) open += unchecked(this.flows[index]).open;
    return open;
  }

  /** The change is in: admits, refuses and shows what it decided. True if `newcomer` is among the admitted. */
  private carryOut(nowNanos: u64, newcomer: HeldRequest | null): bool {
    let isNewcomerAdmitted = false;
    for (let index = 0; index < admittedCount; index++) {
      const request = unchecked(admitted[index])!;
      unchecked((admitted[index] = null));
      request.flow!.remove(request);
      this.waiting--;
      if (request === newcomer) {
        isNewcomerAdmitted = true;
        freeHeldRequest(request);
      } else {
        this.forget(request);
        admitHeld(request, nowNanos, servedTokens());
        freeHeldRequest(request);
      }
    }
    admittedCount = 0;
    for (let index = this.flows.length - 1; index >= 0; index--) {
      const flow = unchecked(this.flows[index]);
      for (; flow.dropped > 0; flow.dropped--) {
        const request = flow.last!;
        flow.remove(request);
        this.waiting--;
        this.forget(request);
        refuseHeld(request, request.workload!.refusedPushedOut, this.retryAfterNow(request, nowNanos));
        freeHeldRequest(request);
      }
      flow.settle();
      if (flow.count == 0) {
        unchecked((this.flows[index] = this.flows[this.flows.length - 1]));
        this.flows.pop();
        freeLocalFlow(flow);
      }
    }
    if (newcomer !== null && !isNewcomerAdmitted) {
      enterHeldRequest(newcomer);
      addDeadline(newcomer);
      newcomer.workload!.queued.add(1);
    }
    this.isStale = false;
    if (this.waiting > 0) this.activate(nowNanos);
    this.flushCounters();
    return isNewcomerAdmitted;
  }

  private forget(request: HeldRequest): void {
    removeDeadline(request);
    leaveHeldRequest(request);
    request.workload!.queued.add(-1);
  }

  private needLocalFlow(workload: Workload, id: u32): LocalFlow {
    for (let index = 0; index < this.flows.length; index++) {
      const flow = unchecked(this.flows[index]);
      if (flow.id == id && flow.workload!.id == workload.id) return flow;
    }
    const flow = newLocalFlow(this, workload, id);
    this.flows.push(flow);
    return flow;
  }

  private flushCounters(): void {
    const settings = this.settings;
    settings.defaultWorkload.flushCounters();
    for (let index = 0; index < settings.workloads.length; index++) unchecked(settings.workloads[index]).flushCounters();
  }

  // Leaving without being served ---------------------------------------------------------------------------------------

  /** A request's time is up, or (`isDemand` false) its client is gone. The record is told on the next tick. */
  drop(request: HeldRequest, nowNanos: u64, isDemand: bool): void {
    const flow = request.flow!;
    flow.remove(request);
    if (isDemand) flow.hasLost = true;
    this.waiting--;
    this.forget(request);
    this.isStale = true;
    this.nextLookNanos = nowNanos + NANOS_PER_MILLI;
    this.activate(nowNanos);
  }

  // Ticks ---------------------------------------------------------------------------------------------------------------

  private activate(nowNanos: u64): void {
    if (!this.isActive) {
      this.isActive = true;
      this.nextActive = firstActive;
      firstActive = this;
    }
    wantTickWithin(millisUntil(this.nextLookNanos, nowNanos));
  }

  private visit(nowNanos: u64): void {
    for (let attempt = 0; attempt < MOST_COMMIT_ATTEMPTS; attempt++) {
      if (!this.begin(nowNanos)) return;
      if (!this.finish(nowNanos)) continue;
      this.adoptLease(0, nowNanos);
      this.carryOut(nowNanos, null);
      return;
    }
  }

  static get needsTicks(): bool { return firstActive !== null; }

  /** Visits every queue that is due. Returns within how many milliseconds the next tick is needed, 0 for none. */
  static tick(nowNanos: u64): u32 {
    let next: u32 = 0;
    let visits = 0;
    let queue = firstActive;
    firstActive = null;
    while (queue !== null) {
      const following: Queue | null = queue.nextActive;
      queue.nextActive = null;
      queue.isActive = false;
      if (queue.nextLookNanos <= nowNanos && visits++ < MOST_VISITS) queue.visit(nowNanos);
      if (!queue.isActive && (queue.waiting > 0 || queue.isStale)) {
        queue.isActive = true;
        queue.nextActive = firstActive;
        firstActive = queue;
      }
      if (queue.isActive) next = soonerTick(next, millisUntil(queue.nextLookNanos, nowNanos));
      queue = following;
    }
    return next;
  }

  // Leases --------------------------------------------------------------------------------------------------------------

  private leaseFor(cost: u64, nowNanos: u64): u64 {
    this.growth = nowNanos - this.lastLedgerNanos < LEASE_GROWTH_NANOS ? min(max<u64>(this.growth, 1) * 2, MOST_LEASED_REQUESTS) : 0;
    if (this.growth == 0 || this.settings.hasCaps) return 0;
    const bucket = this.live.bucket;
    const state = scheduleRecord + BUCKET_STATE;
    const outstanding = outstandingTokens();
    const most = bucket.size / OUTSTANDING_SHARE;
    if (outstanding >= most) return 0;
    const share = bucket.level(state) / (LEASE_SHARE * mostWorkers());
    const lease = min(min(this.growth * cost, share), most - outstanding);
    if (lease < cost) return 0;
    bucket.take(state, lease);
    setOutstandingTokens(outstanding + lease);
    setLastLeaseNanos(nowNanos);
    return lease;
  }

  /** In the record at hand: what is left of this worker's lease goes back. */
  private returnLease(nowNanos: u64): void {
    const lastLease = lastLeaseNanos();
    if (nowNanos > lastLease && nowNanos - lastLease > LEASE_LOST_NANOS) {
      if (outstandingTokens() > 0) this.isChanged = true;
      setOutstandingTokens(0);
      return;
    }
    // So old a lease may have been written off by another worker: it must not come back.
    if (this.leaseSize == 0 || nowNanos - this.lastLedgerNanos > LEASE_LOST_NANOS) return;
    this.isChanged = true;
    const outstanding = outstandingTokens();
    setOutstandingTokens(outstanding - min(outstanding, this.leaseSize));
    // What of it was spent must not have been refilled meanwhile, so the bucket is first brought up to now without it.
    const bucket = this.live.bucket;
    const state = scheduleRecord + BUCKET_STATE;
    bucket.refill(state, nowNanos, outstanding, recordWaiting() > 0);
    bucket.giveBack(state, this.leased);
  }

  private adoptLease(lease: u64, nowNanos: u64): void {
    this.lastLedgerNanos = nowNanos;
    this.leased = lease;
    this.leaseSize = lease;
    this.leasedFor = recordFingerprint();
    if (lease == 0) return;
    if (!this.isListed) holdLease(this);
  }

  isIdle(nowNanos: u64, idleNanos: u64): bool {
    return nowNanos - this.lastLedgerNanos >= idleNanos;
  }

  settle(nowNanos: u64): void {
    if (this.leaseSize > 0) this.visit(nowNanos);
    else this.flushCounters();
  }

  // A place in the table of keys ----------------------------------------------------------------------------------------

  /** Fingerprint of the key that has the queue; 0 when it is free. The record stays open for `mayBeTaken`. */
  owner(): u64 {
    return this.open() ? recordFingerprint() : 0;
  }

  /** Of the record at hand: is the queue as good as new, or unused for `idleNanos`? */
  mayBeTaken(nowNanos: u64, idleNanos: u64): bool {
    if (recordWaiting() > 0 || this.waiting > 0 || outstandingTokens() > 0) return false;
    if (nowNanos - min(nowNanos, lastUsedNanos()) > idleNanos) return true;
    if (this.live.stored.needsConversion(scheduleRecord)) return false;
    this.live.bucket.refill(scheduleRecord + BUCKET_STATE, nowNanos, 0, false);
    return this.live.bucket.isFull(scheduleRecord + BUCKET_STATE);
  }

  /** Gives the queue to another key, as new; false when another worker was faster. */
  claim(fingerprint: u64, nowNanos: u64, idleNanos: u64): bool {
    if (!this.open()) return false;
    if (recordFingerprint() != 0 && !this.mayBeTaken(nowNanos, idleNanos)) return false;
    openRecord(UNUSED, SCHEDULER_HEADER_BYTES);
    setRecordFingerprint(fingerprint);
    setLastUsedNanos(nowNanos);
    return commitBytes(this.key, scheduleRecord, scheduleRecordBytes);
  }
}

function millisUntil(dueNanos: u64, nowNanos: u64): u32 {
  if (dueNanos <= nowNanos) return 1;
  return <u32>min<u64>((dueNanos - nowNanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI, 60_000);
}

/** The row of a flow in the record at hand, or −1. */
function rowOf(flow: LocalFlow): i32 {
  const workload = flow.workload!.id;
  const hint = flow.rowHint;
  if (hint < flowCount()) {
    const row = flowAt(hint);
    if (flowWorkloadId(row) == workload && flowId(row) == flow.id) return hint;
  }
  const found = findFlow(workload, flow.id);
  if (found >= 0) flow.rowHint = found;
  return found;
}

/** Virtual start of a workload that begins to wait: now; where its demand was not met, up to one request earlier. */
function startOf(row: usize, cost: u64, weight: f64): f64 {
  const past = isDemanding(row) ? <f64>cost / weight : 0;
  return max(workloadFinish(row), virtualTime() - past);
}

function recordWaiting(): u32 {
  let waiting: u32 = 0;
  for (let flow = 0; flow < flowCount(); flow++) waiting += flowWaiting(flowAt(flow));
  return waiting;
}

function recordTokens(): u64 {
  let tokens: u64 = 0;
  for (let flow = 0; flow < flowCount(); flow++) tokens += flowTokens(flowAt(flow));
  return tokens;
}

function workloadWaiting(id: u32): u32 {
  let waiting: u32 = 0;
  for (let flow = 0; flow < flowCount(); flow++) {
    const row = flowAt(flow);
    if (flowWorkloadId(row) == id) waiting += flowWaiting(row);
  }
  return waiting;
}

function workloadTokens(id: u32): u64 {
  let tokens: u64 = 0;
  for (let flow = 0; flow < flowCount(); flow++) {
    const row = flowAt(flow);
    if (flowWorkloadId(row) == id) tokens += flowTokens(row);
  }
  return tokens;
}

/** A flow nobody waits in, and nobody has anything to collect from. */
function isFlowIdle(row: usize): bool {
  for (let slot = 0; slot < slotCount(); slot++) {
    const cell = cellAt(row, slot);
    if (cellWaiting(cell) > 0 || cellGranted(cell) > 0 || cellPushedOut(cell) > 0) return false;
  }
  return true;
}

/** The flow of the record that a key belongs to: its own while there is room for it, else one it shares. */
function recordFlowId(workload: u32, wanted: u32, capacity: i32): u32 {
  if (findFlow(workload, wanted) >= 0 || flowCount() < capacity + workloadCount()) return wanted;
  let shared: i32 = 0;
  for (let flow = 0; flow < flowCount(); flow++) {
    if (isFlowIdle(flowAt(flow))) {
      removeFlow(flow);
      unchecked((flowsByRow[flow] = flowsByRow[flowCount()]));
      return wanted;
    }
    if (flowWorkloadId(flowAt(flow)) == workload) shared++;
  }
  if (shared == 0) return wanted;
  let position = <i32>(wanted % <u32>shared);
  for (let flow = 0; flow < flowCount(); flow++) {
    if (flowWorkloadId(flowAt(flow)) == workload && position-- == 0) return flowId(flowAt(flow));
  }
  return wanted;
}

/** Flows whose turn is long past need no row; workloads keep theirs while there is contention. */
function removeIdleFlows(): void {
  for (let flow = flowCount() - 1; flow >= 0; flow--) {
    const row = flowAt(flow);
    if (!isFlowIdle(row)) continue;
    const index = findWorkload(flowWorkloadId(row));
    if (index < 0 || flowFinish(row) <= innerTime(workloadAt(index))) removeFlow(flow);
  }
  for (let index = 0; index < workloadCount(); index++) {
    const row = workloadAt(index);
    if (waitingSinceNanos(row) != 0 && workloadWaiting(workloadId(row)) == 0) setWaitingSinceNanos(row, 0);
  }
}

/** Nobody competes: the virtual clocks begin anew. Only a cap that is used up is remembered. */
function removeSettledRows(nowNanos: u64): void {
  for (let flow = flowCount() - 1; flow >= 0; flow--) if (isFlowIdle(flowAt(flow))) removeFlow(flow);
  if (flowCount() > 0) return; // somebody has yet to collect
  for (let index = workloadCount() - 1; index >= 0; index--) {
    const row = workloadAt(index);
    const isCapped = hasMeter(row + CAP_METER) && (readMeter(row + CAP_METER, nowNanos), !isMeterFull(row + CAP_METER));
    if (isCapped) setWorkloadFinish(row, 0);
    else removeWorkload(index);
  }
  setVirtualTime(0);
}
