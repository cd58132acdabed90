import {
  addServedTokens,
  BUCKET_STATE,
  CAP_METER,
  cellAt,
  cellWaiting,
  FLOOR_METER,
  findWorkload,
  flowAt,
  flowCount,
  flowFinish,
  flowTokens,
  flowWeight,
  flowWorkloadId,
  grantHead,
  innerTime,
  isStrict,
  MOST_FLOWS,
  MOST_SLOTS,
  MOST_WORKLOADS,
  nextArrivalNanos,
  nextCost,
  scheduleRecord,
  setFlowFinish,
  setInnerTime,
  setVirtualTime,
  setWorkloadFinish,
  slotCount,
  slotNextLookNanos,
  slotWorker,
  virtualTime,
  waitingSinceNanos,
  workloadAt,
  workloadCount,
  workloadFinish,
  workloadId,
  workloadWeight,
} from './schedule-record';
import { chargeMeter, hasMeter, meterRate, meterWaitNanos, readMeter } from './rate-meter';
import { QuotaBucket } from './quota-bucket';

/**
 * Who is next: weighted fair queueing on two levels, workloads by weight and within a workload its flows. Of the heads
 * of all workloads the one with the smallest virtual finish, `start + cost / weight`, is next, and gets its tokens only
 * when all of them are there: nothing is reserved for it, so whoever comes with a smaller finish goes first. The virtual
 * time is the largest start served so far (start-time clock): a workload that was idle begins there, without a claim to
 * the past. Within a flow the oldest request of all workers is next.
 *
 * Reference: self-clocked fair queueing (Golestani 1994), start-time fair queueing (Goyal, Vin, Cheng 1996).
 */
export const GRANTED: i32 = 0;
/** Nobody waits who could be served. */
export const NOBODY: i32 = 1;
/** Tokens are missing: `shortNanos` from now they will be there. */
export const SHORT: i32 = 2;

export let nextSlot: i32 = 0;
export let nextFlow: i32 = 0;
export let shortNanos: u64 = 0;

/** A worker that is so late is passed over until it comes. */
const LATE_NANOS: u64 = 100_000_000;
const NONE: i32 = -1;

// The head of every flow, and of every workload the flow that is next.
const headSlots = new StaticArray<i32>(MOST_FLOWS);
const headArrivals = new StaticArray<u64>(MOST_FLOWS);
const headCosts = new StaticArray<u64>(MOST_FLOWS);
const flowOwners = new StaticArray<i32>(MOST_FLOWS);
const nextFlows = new StaticArray<i32>(MOST_WORKLOADS);
const tiers = new StaticArray<i32>(MOST_WORKLOADS);
const finishes = new StaticArray<f64>(MOST_WORKLOADS);
const isAbsent = new StaticArray<bool>(MOST_SLOTS);
/** Workloads with a head that may be served, as a binary heap, the next one first. */
const order = new StaticArray<i32>(MOST_WORKLOADS);
let orderSize = 0;

let now: u64 = 0;
let ageing: u64 = 0;
let hasStrict: bool = false;
/** When the first of those that only their cap holds back may go on, nanoseconds from now. */
let capWait: f64 = 0;

/** Looks at the whole record: afterwards `grantNext` serves one request a call. */
export function beginGrants(nowNanos: u64, ageingNanos: u64): void {
  now = nowNanos;
  ageing = ageingNanos;
  capWait = Infinity;
  orderSize = 0;
  hasStrict = false;
  for (let slot = 0; slot < slotCount(); slot++) {
    isAbsent[slot] = slotWorker(slot) == 0 || slotNextLookNanos(slot) + LATE_NANOS < nowNanos;
  }
  const workloads = workloadCount();
  for (let index = 0; index < workloads; index++) nextFlows[index] = NONE;
  const flows = flowCount();
  for (let flow = 0; flow < flows; flow++) {
    const owner = findWorkload(flowWorkloadId(flowAt(flow)));
    flowOwners[flow] = owner;
    findHead(flow);
    if (owner >= 0 && headSlots[flow] != NONE) {
      if (isStrict(workloadAt(owner))) hasStrict = true;
      const best = nextFlows[owner];
      if (best == NONE || goesBefore(flow, best)) nextFlows[owner] = flow;
    }
  }
  for (let index = 0; index < workloads; index++) {
    if (nextFlows[index] != NONE && rank(index)) push(index);
  }
}

/** The oldest request of a flow: of which worker, since when, at what cost. */
function findHead(flow: i32): void {
  const row = flowAt(flow);
  let best = NONE;
  let arrival: u64 = 0;
  let cost: u64 = 0;
  for (let slot = 0; slot < slotCount(); slot++) {
    const cell = cellAt(row, slot);
    if (cellWaiting(cell) == 0 || unchecked(isAbsent[slot])) continue;
    const came = nextArrivalNanos(cell);
    if (best != NONE && came >= arrival) continue;
    best = slot;
    arrival = came;
    cost = nextCost(cell);
  }
  headSlots[flow] = best;
  headArrivals[flow] = arrival;
  headCosts[flow] = cost;
}

function goesBefore(flow: i32, other: i32): bool {
  const row = flowAt(flow);
  const otherRow = flowAt(other);
  const finish = flowFinish(row) + <f64>headCosts[flow] / flowWeight(row);
  const otherFinish = flowFinish(otherRow) + <f64>headCosts[other] / flowWeight(otherRow);
  return finish < otherFinish || (finish == otherFinish && headArrivals[flow] < headArrivals[other]);
}

/** Computes the place of a workload that has a head; false when its cap holds it back. */
function rank(index: i32): bool {
  const row = workloadAt(index);
  const flow = nextFlows[index];
  const cost = <f64>headCosts[flow];
  if (hasMeter(row + CAP_METER) && readMeter(row + CAP_METER, now) < cost) {
    capWait = min(capWait, meterWaitNanos(row + CAP_METER, cost));
    // Turns that the cap forbids are not made up for.
    setWorkloadFinish(row, max(workloadFinish(row), virtualTime()));
    return false;
  }
  finishes[index] = workloadFinish(row) + cost / workloadWeight(row);
  const isBelowFloor = hasMeter(row + FLOOR_METER) && readMeter(row + FLOOR_METER, now) >= cost;
  const isFirst = isStrict(row) || (hasStrict && now - min(now, headArrivals[flow]) >= ageing);
  tiers[index] = isBelowFloor ? 0 : isFirst ? 1 : 2;
  return true;
}

/** Of equals the heavier goes first, then the one that came first. */
function isBefore(left: i32, right: i32): bool {
  if (tiers[left] != tiers[right]) return tiers[left] < tiers[right];
  if (finishes[left] != finishes[right]) return finishes[left] < finishes[right];
  const weight = workloadWeight(workloadAt(left));
  const otherWeight = workloadWeight(workloadAt(right));
  if (weight != otherWeight) return weight > otherWeight;
  return headArrivals[nextFlows[left]] < headArrivals[nextFlows[right]];
}

function push(index: i32): void {
  let at = orderSize++;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(index, order[parent])) break;
    order[at] = order[parent];
    at = parent;
  }
  order[at] = index;
}

/** Puts `index` where the first one is, and moves it to its place. */
function replaceFirst(index: i32): void {
  let at = 0;
  while (true) {
    let child = at * 2 + 1;
    if (child >= orderSize) break;
    if (child + 1 < orderSize && isBefore(order[child + 1], order[child])) child++;
    if (!isBefore(order[child], index)) break;
    order[at] = order[child];
    at = child;
  }
  order[at] = index;
}

/** Grants the next request its tokens, or says what that waits for. O(log workloads) and O(flows of the workload). */
export function grantNext(bucket: QuotaBucket): i32 {
  if (orderSize == 0) {
    if (capWait == Infinity) return NOBODY;
    shortNanos = <u64>ceil(min(capWait, 1e18));
    return SHORT;
  }
  const index = order[0];
  const flow = nextFlows[index];
  nextFlow = flow;
  nextSlot = headSlots[flow];
  const cost = headCosts[flow];
  const state = scheduleRecord + BUCKET_STATE;
  if (!bucket.has(state, cost)) {
    shortNanos = bucket.nanosUntil(state, now, cost);
    if (capWait < <f64>shortNanos) shortNanos = <u64>ceil(capWait);
    return SHORT;
  }
  bucket.take(state, cost);
  grantHead(cellAt(flowAt(flow), nextSlot));
  charge(workloadAt(index), flowAt(flow), <f64>cost);
  addServedTokens(cost);
  return GRANTED;
}

/** Moves the virtual clocks on by a request that is served. */
export function charge(workload: usize, flow: usize, cost: f64): void {
  const start = workloadFinish(workload);
  setVirtualTime(max(virtualTime(), start));
  setWorkloadFinish(workload, start + cost / workloadWeight(workload));
  const innerStart = flowFinish(flow);
  setInnerTime(workload, max(innerTime(workload), innerStart));
  setFlowFinish(flow, innerStart + cost / flowWeight(flow));
  if (hasMeter(workload + FLOOR_METER)) chargeMeter(workload + FLOOR_METER, cost);
  if (hasMeter(workload + CAP_METER)) chargeMeter(workload + CAP_METER, cost);
}

/** After a grant, once its worker's cell shows what it will: finds the new head and the place of its workload. */
export function settleGrant(): void {
  const index = order[0];
  findHead(nextFlow);
  let best = NONE;
  for (let flow = 0; flow < flowCount(); flow++) {
    if (flowOwners[flow] != index || headSlots[flow] == NONE) continue;
    if (best == NONE || goesBefore(flow, best)) best = flow;
  }
  nextFlows[index] = best;
  if (best != NONE && rank(index)) return replaceFirst(index);
  orderSize--;
  if (orderSize > 0) replaceFirst(order[orderSize]);
}

// How long a newcomer would wait --------------------------------------------------------------------------------------

/**
 * Thousandths of tokens that will be served before and with a newcomer of `cost` in this workload and flow, if nobody
 * else comes: what waits of its flow, what waits of the other flows of its workload up to the same virtual finish, and
 * so for the other workloads. Those that have waited since `lastingSinceNanos` or longer are taken to go on: they get
 * their share whatever waits of them now. `ratePerNano`: of the quota. `workload` and `flow`: rows of the newcomer's, or 0 when it has none.
 */
export function tokensUpTo(
  workload: usize,
  flow: usize,
  start: f64,
  weight: f64,
  strict: bool,
  cost: u64,
  lastingSinceNanos: u64,
  ratePerNano: f64,
): u64 {
  const own = ownTokensUpTo(workload, flow, cost);
  const finish = start + own / weight;
  let total = own;
  for (let index = 0; index < workloadCount(); index++) {
    const row = workloadAt(index);
    if (row == workload) continue;
    const ahead = tokensAhead(row, finish, strict, lastingSinceNanos);
    total += ahead;
    aheadOf[index] = ahead;
  }
  // What has a cap gets no more than that meanwhile; a shorter wait means less of it, so a few rounds close in.
  for (let round = 0; round < CAP_ROUNDS && ratePerNano > 0; round++) {
    const waitNanos = total / ratePerNano;
    total = own;
    for (let index = 0; index < workloadCount(); index++) {
      const row = workloadAt(index);
      if (row == workload) continue;
      const cap = row + CAP_METER;
      total += hasMeter(cap) ? min(aheadOf[index], meterRate(cap) * waitNanos) : aheadOf[index];
    }
  }
  return <u64>min(ceil(total), 1e18);
}

const CAP_ROUNDS: i32 = 4;
const aheadOf = new StaticArray<f64>(MOST_WORKLOADS);

/** Thousandths of tokens of another workload that go before a newcomer of this virtual finish. */
function tokensAhead(row: usize, finish: f64, strict: bool, lastingSinceNanos: u64): f64 {
  let waiting: f64 = 0;
  for (let flow = 0; flow < flowCount(); flow++) {
    if (flowWorkloadId(flowAt(flow)) == workloadId(row)) waiting += <f64>flowTokens(flowAt(flow));
  }
  if (waiting == 0) return 0;
  if (isStrict(row) != strict) return strict ? 0 : waiting;
  const share = max(0, (finish - workloadFinish(row)) * workloadWeight(row));
  const since = waitingSinceNanos(row);
  return since != 0 && since <= lastingSinceNanos ? share : min(waiting, share);
}

/** Of the newcomer's own workload. */
function ownTokensUpTo(workload: usize, flow: usize, cost: u64): f64 {
  const ahead: f64 = flow == 0 ? 0 : <f64>flowTokens(flow);
  let own = <f64>cost + ahead;
  if (workload == 0) return own;
  const id = workloadId(workload);
  const finish = own / (flow == 0 ? 1 : flowWeight(flow));
  for (let index = 0; index < flowCount(); index++) {
    const row = flowAt(index);
    if (row != flow && flowWorkloadId(row) == id) own += min(<f64>flowTokens(row), finish * flowWeight(row));
  }
  return own;
}
