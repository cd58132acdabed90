import { beginGrants, charge, GRANTED, grantNext, nextFlow, nextSlot, settleGrant, SHORT, shortNanos, tokensUpTo } from '../../core/scheduling/fair-order';
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
  cellUnseen,
  cellUnseenTokens,
  cellWaiting,
  clearCell,
  demandUntilNanos,
  findFlow,
  findSlot,
  findWorkload,
  FLOOR_METER,
  flowAt,
  flowCount,
  flowDemandUntilNanos,
  flowFinish,
  flowId,
  flowTokens,
  flowWaiting,
  flowWeight,
  flowWorkloadId,
  innerTime,
  lastLeaseNanos,
  lastUsedNanos,
  MOST_FLOWS,
  MOST_SHOWN,
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
  setDemandUntilNanos,
  setFlowDemandUntilNanos,
  setFlowFinish,
  setFlowWeight,
  setShownHeads,
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
  shownHeads,
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
import { millisUntil, soonerTick, wantTickWithin } from '../../runtime/ticks';
import { addDeadline, removeDeadline } from './deadlines';
import { enterHeldRequest, freeHeldRequest, HeldRequest, newHeldRequest } from './held-request';
import { LiveScheduler } from './live-scheduler';
import { freeLocalFlow, LocalFlow, newLocalFlow, openFrom } from './local-flow';
import { admitHeld, forgetHeld } from './outcome';
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
const NANOS_PER_SECOND: u64 = 1_000_000_000;
/** While requests wait here, the record is looked at this often at least: others may have given tokens back. */
const LONGEST_LOOK_NANOS: u64 = 20 * NANOS_PER_MILLI;
/** A worker that was not seen for so long is gone, and what it held with it. */
const WORKER_LOST_NANOS: u64 = 10_000_000_000;
/** Requests let go in one go, so that nothing else on the worker waits for them. */
const MOST_GRANTS: i32 = 256;
/** Queues looked at in one tick; the others have theirs a millisecond later. */
const MOST_VISITS: i32 = 128;
/** Of its time, as long as a standing queue lasts, a request may wait this part. */
const STANDING_SHARE: u64 = 4;
/** A workload that has waited for this part of a newcomer's wait is expected to wait all through it. */
const LASTING_SHARE: u64 = 4;
/** Flow ids with this bit are shared by keys, so many in a workload. */
const SHARED_FLOW: u32 = 1 << 31;
const SHARED_FLOWS: u32 = 16;
/** Heads shown of flows where there may be many. */
const FEW_SHOWN: i32 = 2;
/** Demand is remembered for two timeouts, and so long at least; a second is what `retry-after` is rounded to. */
const SHORTEST_DEMAND_NANOS: u64 = 1000 * NANOS_PER_MILLI;
/** Turns that a workload whose requests are turned away may make up for. */
const MOST_MISSED_TURNS: f64 = 8;
/** A refusal because the ledger was too contended: come back this soon. */
const CONTENTION_NANOS: u64 = 1_000_000;

// Leases, as in runtime/buckets/shared-bucket.ts.
const MOST_LEASED_REQUESTS: u64 = 64;
const LEASE_GROWTH_NANOS: u64 = 5 * NANOS_PER_MILLI;
const LEASE_SHARE: u64 = 64;
const OUTSTANDING_SHARE: u64 = 16;
const LEASE_LOST_NANOS: u64 = 10_000_000_000;

/** What one change of the record decides: it is carried out when the change is in. */
const MOST_DECIDED: i32 = 2 * MOST_GRANTS + MOST_FLOWS * 4;
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
    const settings = this.settings;
    const bucket = this.live.bucket;
    if (!bucket.has(scheduleRecord + BUCKET_STATE, cost)) return false;
    const isContended = workloadCount() > 0 && !removeSettledRows(nowNanos);
    if (isContended || workload.capRate > 0) {
      // Somebody's demand is not met, though nobody waits this moment: what is taken now counts in the order.
      const index = needWorkload(workload.id);
      const id = recordFlowId(workload.id, settings.flowId, settings.flowCapacity);
      if (index < 0 || (findFlow(workload.id, id) < 0 && flowCount() == MOST_FLOWS)) return false;
      this.describeWorkload(workloadAt(index), workload, nowNanos);
      if (workload.capRate > 0 && readMeter(workloadAt(index) + CAP_METER, nowNanos) < <f64>cost) return false;
      const flow = this.beginFlow(workload, id, settings.flowWeight, cost, nowNanos);
      charge(workloadAt(index), flowAt(flow), <f64>cost);
    }
    bucket.take(scheduleRecord + BUCKET_STATE, cost);
    addServedTokens(cost);
    this.isChanged = true;
    return true;
  }

  /** The row of a flow in which nobody waits, placed in the order as one that begins to. Its workload has a row. */
  private beginFlow(workload: Workload, id: u32, weight: f64, cost: u64, nowNanos: u64): i32 {
    const row = workloadAt(findWorkload(workload.id));
    if (workloadWaiting(workload.id) == 0) {
      setWorkloadFinish(row, startOf(row, cost, workload.weight, nowNanos));
      setWaitingSinceNanos(row, nowNanos);
    }
    let at = findFlow(workload.id, id);
    if (at < 0) {
      at = addFlow(workload.id, id, innerTime(row));
    } else {
      const flow = flowAt(at);
      setFlowFinish(flow, max(flowFinish(flow), innerTime(row) - missedTurns(flowDemandUntilNanos(flow), cost, weight, nowNanos)));
    }
    setFlowWeight(flowAt(at), weight);
    return at;
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
    // A queue that has stood for a whole timeout, and turned somebody away, will not go away: those who get in shall not
    // wait all of it.
    const isStanding =
      ownWaiting > 0 && demandUntilNanos(row) > nowNanos && nowNanos - min(nowNanos, waitingSinceNanos(row)) >= patienceNanos;
    if (isStanding) allowed = patienceNanos / STANDING_SHARE;
    if (wait > allowed) {
      retryNanos = this.retryNanosOf(workload, id, settings.cost, nowNanos, patienceNanos);
      this.rememberDemand(workload, id, nowNanos, patienceNanos);
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
    if (row != 0) start = workloadWaiting(workload.id) > 0 ? workloadFinish(row) : startOf(row, cost, workload.weight, nowNanos);
    const rate = bucket.ratePerNano;
    let wait: u64 = 0;
    // First as if nobody else came. Workloads that have waited for a good part of that already are expected to go on.
    for (let round = 0; round < 2; round++) {
      const since = round == 0 ? 0 : nowNanos - min(nowNanos, wait / LASTING_SHARE);
      const tokens = tokensUpTo(row, flow, start, workload.weight, workload.isStrict, cost, since, rate);
      wait = bucket.nanosUntil(state, nowNanos, tokens);
    }
    const upTo = <f64>workloadTokens(workload.id) + <f64>cost;
    if (workload.floorRate > 0) wait = min(wait, <u64>min(upTo / workload.floorRate, 1e18));
    if (workload.capRate == 0 || row == 0 || !hasMeter(row + CAP_METER)) return wait;
    readMeter(row + CAP_METER, nowNanos);
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
    const patience = request.deadlineNanos - request.arrivalNanos;
    return this.retryNanosOf(request.workload!, request.flow!.id, request.cost, nowNanos, patience);
  }

  /** From when on a request that is turned away now would be let in, if nobody else came. */
  private retryNanosOf(workload: Workload, id: u32, cost: u64, nowNanos: u64, patienceNanos: u64): u64 {
    let wait = this.expectedWait(workload, id, cost, nowNanos);
    const index = findWorkload(workload.id);
    if (index < 0 || workloadWaiting(workload.id) == 0) {
      // It has no place in the order to come back to: then it is sure of its turn when all that waits now is served.
      wait = max(wait, this.live.bucket.nanosUntil(scheduleRecord + BUCKET_STATE, nowNanos, recordTokens() + cost));
      return wait > patienceNanos ? wait - patienceNanos : 1;
    }
    if (wait <= patienceNanos) return 1;
    // By then, in whole seconds, the queue may count as a standing one.
    const seconds = (wait - patienceNanos + NANOS_PER_SECOND - 1) / NANOS_PER_SECOND;
    const then = nowNanos + seconds * NANOS_PER_SECOND;
    const isStanding = then - min(then, waitingSinceNanos(workloadAt(index))) >= patienceNanos;
    return isStanding ? wait - patienceNanos / STANDING_SHARE : wait - patienceNanos;
  }

  /** A workload whose requests are turned away keeps its place in the order, or it would never get its share. */
  private rememberDemand(workload: Workload, id: u32, nowNanos: u64, patienceNanos: u64): void {
    const index = needWorkload(workload.id);
    if (index < 0) return;
    let row = workloadAt(index);
    let flow = findFlow(workload.id, id);
    // Long enough for one that comes back when `retry-after` says, which is whole seconds.
    const least = max(patienceNanos, retryNanos + SHORTEST_DEMAND_NANOS);
    const toldUntil = nowNanos + least;
    if (demandUntilNanos(row) > toldUntil && flow >= 0 && flowDemandUntilNanos(flowAt(flow)) > toldUntil) return;
    if (flow < 0 && flowCount() < MOST_FLOWS) {
      flow = addFlow(workload.id, id, innerTime(row));
      row = workloadAt(index);
      setFlowWeight(flowAt(flow), this.settings.flowWeight);
    }
    const until = nowNanos + 2 * least;
    this.describeWorkload(row, workload, nowNanos);
    if (demandUntilNanos(row) <= nowNanos && workloadWaiting(workload.id) == 0) {
      setWorkloadFinish(row, max(workloadFinish(row), virtualTime()));
    }
    setDemandUntilNanos(row, until);
    this.isChanged = true;
    if (flow < 0) return;
    const flowRow = flowAt(flow);
    if (flowDemandUntilNanos(flowRow) <= nowNanos && flowWaiting(flowRow) == 0) {
      setFlowFinish(flowRow, max(flowFinish(flowRow), innerTime(row)));
    }
    setFlowDemandUntilNanos(flowRow, until);
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
    setShownHeads(this.settings.flowCapacity == 1 ? MOST_SHOWN : FEW_SHOWN);
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
        else if (admittedCount < MOST_DECIDED) unchecked((admitted[admittedCount++] = flow.pass()));
      }
      this.collectUnseen(flow, row, cellUnseenTokens(cell));
      for (let count = cellPushedOut(cell); count > 0 && flow.open > 0; count--) flow.drop();
    }
  }

  /** Tokens for requests that the record did not show go to them in turn; what is left was reckoned too high. */
  private collectUnseen(flow: LocalFlow, row: usize, tokens: u64): void {
    let left = tokens;
    while (flow.open > 0 && flow.cursor!.cost <= left && admittedCount < MOST_DECIDED) {
      left -= flow.cursor!.cost;
      unchecked((admitted[admittedCount++] = flow.pass()));
    }
    if (left > 0) this.refundGrant(row, left);
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
      if (!flow.hasLost) return;
      if (index >= 0) setDemandUntilNanos(workloadAt(index), nowNanos + SHORTEST_DEMAND_NANOS);
      setFlowDemandUntilNanos(flowAt(at), nowNanos + SHORTEST_DEMAND_NANOS);
      return;
    }
    if (this.slot < 0) return;
    const index = needWorkload(workload.id);
    if (index < 0 || (at < 0 && flowCount() == MOST_FLOWS)) return;
    this.describeWorkload(workloadAt(index), workload, nowNanos);
    if (at < 0 || flowWaiting(flowAt(at)) == 0) {
      at = this.beginFlow(workload, flow.id, flow.weight, flow.cursor!.cost, nowNanos);
      flow.rowHint = at;
    }
    const row = flowAt(at);
    setFlowWeight(row, flow.weight);
    unchecked((flowsByRow[at] = flow));
    this.showCell(flow, cellAt(row, this.slot));
    this.isChanged = true;
  }

  private showCell(flow: LocalFlow, cell: usize): void {
    writeCell(cell, flow.open, flow.openTokens, flow.newest!.arrivalNanos);
    let request = flow.cursor;
    for (let head = 0; head < min(shownHeads(), flow.open) && request !== null; head++) {
      showHead(cell, request.arrivalNanos, request.cost);
      request = openFrom(request.next);
    }
  }

  private describeWorkload(row: usize, workload: Workload, nowNanos: u64): void {
    setWorkloadWeight(row, workload.weight);
    setStrict(row, workload.isStrict);
    // One request, and what comes between two looks: what is late is not lost.
    const request = <f64>max(workload.cost, 1000);
    const floorRate = workload.floorRate;
    const capRate = workload.capRate;
    if (floorRate > 0) setMeter(row + FLOOR_METER, floorRate, request + floorRate * <f64>LONGEST_LOOK_NANOS, nowNanos);
    if (capRate > 0) setMeter(row + CAP_METER, capRate, request + capRate * <f64>LONGEST_LOOK_NANOS, nowNanos);
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
        this.refundGrant(row, cellUnseenTokens(cell));
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
    // What was not given out for want of turns is not past the size of the bucket.
    if (result != GRANTED) bucket.clip(scheduleRecord + BUCKET_STATE, outstandingTokens());
    let delay = LONGEST_LOOK_NANOS;
    if (result == SHORT) delay = min(shortNanos, delay);
    else if (result == GRANTED) delay = NANOS_PER_MILLI;
    this.nextLookNanos = nowNanos + max(delay, 1);
    if (!this.isChanged) return true;
    if (this.slot >= 0) setSlot(this.slot, workerId(), this.openHere > 0 ? this.nextLookNanos : u64.MAX_VALUE >> 1, nowNanos);
    if (flowCount() > 0) removeIdleFlows(nowNanos);
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
        forgetHeld(request);
        admitHeld(request, nowNanos, servedTokens());
        freeHeldRequest(request);
      }
    }
    admittedCount = 0;
    for (let index = this.flows.length - 1; index >= 0; index--) {
      const flow = unchecked(this.flows[index]);
      while (flow.dropped > 0) {
        const request = flow.takeDropped();
        // Answered on the next tick: a local reply to one stream stops the stream at hand too (proxy-wasm-cpp-host).
        request.retryNanos = this.retryAfterNow(request, nowNanos);
        flow.remove(request);
        request.flow = null;
        this.waiting--;
        removeDeadline(request);
        request.deadlineNanos = nowNanos;
        addDeadline(request);
        wantTickWithin(1);
      }
      flow.settle(shownHeads());
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
    forgetHeld(request);
    this.isStale = true;
    // Sooner if it was to be sooner: requests that leave one after the other must not put the look off for ever.
    const soon = nowNanos + NANOS_PER_MILLI;
    if (!this.isActive || this.nextLookNanos > soon) this.nextLookNanos = soon;
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

/** Virtual start of a workload that begins to wait. */
function startOf(row: usize, cost: u64, weight: f64, nowNanos: u64): f64 {
  return max(workloadFinish(row), virtualTime() - missedTurns(demandUntilNanos(row), cost, weight, nowNanos));
}

/**
 * How far before now one may start that begins to wait. A workload or flow whose demand is not met is as if it had waited all
 * the time, so it may make up for turns at which it had nothing to send, but not for more than a few.
 */
function missedTurns(demandUntilNanos: u64, cost: u64, weight: f64, nowNanos: u64): f64 {
  return demandUntilNanos > nowNanos ? MOST_MISSED_TURNS * <f64>cost / weight : 0;
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
    if (cellUnseen(cell) > 0) return false;
  }
  return true;
}

/**
 * The flow of the record that a key belongs to: its own while there is room for it, else one of a few that keys share by
 * hash. A key whose flow is shared stays with it until nobody waits there, so that none of its requests overtakes another.
 */
function recordFlowId(workload: u32, wanted: u32, capacity: i32): u32 {
  const shared = SHARED_FLOW | (wanted & (SHARED_FLOWS - 1));
  const own = wanted & ~SHARED_FLOW;
  if (findFlow(workload, own) >= 0) return own;
  const sharedRow = findFlow(workload, shared);
  if (sharedRow >= 0 && !isFlowIdle(flowAt(sharedRow))) return shared;
  if (flowCount() < capacity + workloadCount()) return own;
  for (let flow = 0; flow < flowCount(); flow++) {
    if (!isFlowIdle(flowAt(flow))) continue;
    removeFlow(flow);
    unchecked((flowsByRow[flow] = flowsByRow[flowCount()]));
    return own;
  }
  return shared;
}

/** Flows whose turn is long past need no row; workloads keep theirs while there is contention. */
function removeIdleFlows(nowNanos: u64): void {
  for (let flow = flowCount() - 1; flow >= 0; flow--) {
    const row = flowAt(flow);
    if (!isFlowIdle(row)) continue;
    const index = findWorkload(flowWorkloadId(row));
    if (index < 0) removeFlow(flow);
    else if (flowFinish(row) <= innerTime(workloadAt(index)) && flowDemandUntilNanos(row) <= nowNanos) removeFlow(flow);
  }
  for (let index = 0; index < workloadCount(); index++) {
    const row = workloadAt(index);
    if (waitingSinceNanos(row) != 0 && workloadWaiting(workloadId(row)) == 0) setWaitingSinceNanos(row, 0);
  }
}

/**
 * If nobody competes any more the virtual clocks begin anew, and only a cap that is used up is remembered. False while
 * the demand of some workload is not met, or somebody has yet to collect.
 */
function removeSettledRows(nowNanos: u64): bool {
  for (let index = 0; index < workloadCount(); index++) if (demandUntilNanos(workloadAt(index)) > nowNanos) return false;
  for (let flow = flowCount() - 1; flow >= 0; flow--) if (isFlowIdle(flowAt(flow))) removeFlow(flow);
  if (flowCount() > 0) return false;
  for (let index = workloadCount() - 1; index >= 0; index--) {
    const row = workloadAt(index);
    if (hasMeter(row + CAP_METER)) readMeter(row + CAP_METER, nowNanos);
    if (hasMeter(row + CAP_METER) && !isMeterFull(row + CAP_METER)) setWorkloadFinish(row, 0);
    else removeWorkload(index);
  }
  setVirtualTime(0);
  return true;
}
