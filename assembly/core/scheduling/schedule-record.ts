/**
 * The shared record of one scheduler, and its layout. What stands in it is what all workers must agree on: the bucket,
 * the virtual clocks, and of every flow with waiting requests how many wait on which worker and what its next ones
 * cost. The requests themselves stay with their workers. Little-endian, all offsets multiples of 8:
 *
 * header | worker slots | workloads | flows, each with a cell for every worker slot
 *
 * Workloads and flows have rows only while they matter, so a scheduler that nobody waits for is its header alone.
 * Everything here works on the one record that `openRecord` made current.
 */
export const SCHEDULER_HEADER_BYTES: i32 = 112;
/** 0: numbers and epoch of the bucket (stored-limit.ts); 32: its state (quota-bucket.ts). */
export const BUCKET_STATE: usize = 32;
const OUTSTANDING: usize = 56;
const LAST_LEASE: usize = 64;
const VIRTUAL_TIME: usize = 72;
const SERVED_TOKENS: usize = 80;
const SLOT_COUNT: usize = 88;
const WORKLOAD_COUNT: usize = 90;
const FLOW_COUNT: usize = 92;
const SHOWN_HEADS: usize = 94;
const FINGERPRINT: usize = 96;
const LAST_USED: usize = 104;

/** Worker slot: u64 id of the VM, 0 = free; u64 when it will look again; u64 when it last did. */
const SLOT_BYTES: usize = 24;
export const MOST_SLOTS: i32 = 128;

export const WORKLOAD_BYTES: usize = 112;
/** Most heads a worker shows of each of its queues. How many it is stands in the record. */
export const MOST_SHOWN: i32 = 16;
const FLOW_HEAD_BYTES: usize = 32;
const CELL_HEADS: usize = 40;

export const MOST_WORKLOADS: i32 = 65;
/** One for each workload, and 256 for fairness keys. */
export const MOST_FAIR_FLOWS: i32 = 256;
export const MOST_FLOWS: i32 = MOST_FAIR_FLOWS + MOST_WORKLOADS;

/** Bytes of the record at hand, and room for it. It is worked on in place, in the module's own memory. */
export let scheduleRecord: usize = 0;
export let scheduleRecordBytes: usize = 0;
let room: usize = 0;

/** Makes a copy of the bytes the record at hand. False when they are no record of ours. */
export function openRecord(source: usize, bytes: usize): bool {
  if (bytes < <usize>SCHEDULER_HEADER_BYTES) return false;
  needRoom(bytes);
  memory.copy(scheduleRecord, source, bytes);
  scheduleRecordBytes = bytes;
  if (slotCount() > MOST_SLOTS || workloadCount() > MOST_WORKLOADS || flowCount() > MOST_FLOWS || shownHeads() > MOST_SHOWN) return false;
  return bytes == flowsEnd();
}

function needRoom(bytes: usize): void {
  if (bytes <= room) return;
  const larger = (bytes + 8191) & ~8191;
  scheduleRecord = room == 0 ? heap.alloc(larger) : heap.realloc(scheduleRecord, larger);
  room = larger;
}

export function outstandingTokens(): u64 { return load<u64>(scheduleRecord, OUTSTANDING); }
export function setOutstandingTokens(tokens: u64): void { store<u64>(scheduleRecord, tokens, OUTSTANDING); }
export function lastLeaseNanos(): u64 { return load<u64>(scheduleRecord, LAST_LEASE); }
export function setLastLeaseNanos(nanos: u64): void { store<u64>(scheduleRecord, nanos, LAST_LEASE); }
export function virtualTime(): f64 { return load<f64>(scheduleRecord, VIRTUAL_TIME); }
export function setVirtualTime(time: f64): void { store<f64>(scheduleRecord, time, VIRTUAL_TIME); }
/** Thousandths of tokens ever given to requests through the record. */
export function servedTokens(): u64 { return load<u64>(scheduleRecord, SERVED_TOKENS); }
export function addServedTokens(tokens: u64): void { store<u64>(scheduleRecord, servedTokens() + tokens, SERVED_TOKENS); }
export function recordFingerprint(): u64 { return load<u64>(scheduleRecord, FINGERPRINT); }
export function setRecordFingerprint(fingerprint: u64): void { store<u64>(scheduleRecord, fingerprint, FINGERPRINT); }
export function lastUsedNanos(): u64 { return load<u64>(scheduleRecord, LAST_USED); }
export function setLastUsedNanos(nanos: u64): void { store<u64>(scheduleRecord, nanos, LAST_USED); }

export function slotCount(): i32 { return load<u16>(scheduleRecord, SLOT_COUNT); }
export function workloadCount(): i32 { return load<u16>(scheduleRecord, WORKLOAD_COUNT); }
export function flowCount(): i32 { return load<u16>(scheduleRecord, FLOW_COUNT); }

/** Heads that cells of this record have room for. */
export function shownHeads(): i32 { return load<u16>(scheduleRecord, SHOWN_HEADS); }

/** Takes another number of heads, where no flow has a row. */
export function setShownHeads(heads: i32): void {
  if (flowCount() == 0) store<u16>(scheduleRecord, <u16>heads, SHOWN_HEADS);
}

@inline
function cellBytes(): usize { return CELL_HEADS + (<usize>shownHeads() << 4); }

@inline
function slotAt(slot: i32): usize {
  return scheduleRecord + SCHEDULER_HEADER_BYTES + <usize>slot * SLOT_BYTES;
}

export function slotWorker(slot: i32): u64 { return load<u64>(slotAt(slot)); }
export function slotNextLookNanos(slot: i32): u64 { return load<u64>(slotAt(slot), 8); }
export function slotLastLookNanos(slot: i32): u64 { return load<u64>(slotAt(slot), 16); }

export function setSlot(slot: i32, worker: u64, nextLookNanos: u64, nowNanos: u64): void {
  const at = slotAt(slot);
  store<u64>(at, worker);
  store<u64>(at, nextLookNanos, 8);
  store<u64>(at, nowNanos, 16);
}

function workloadsStart(): usize { return scheduleRecord + SCHEDULER_HEADER_BYTES + <usize>slotCount() * SLOT_BYTES; }
function flowBytes(): usize { return FLOW_HEAD_BYTES + <usize>slotCount() * cellBytes(); }
function flowsStart(): usize { return workloadsStart() + <usize>workloadCount() * WORKLOAD_BYTES; }
function flowsEnd(): usize { return flowsStart() + <usize>flowCount() * flowBytes() - scheduleRecord; }

/** The slot of this worker, or −1. */
export function findSlot(worker: u64): i32 {
  for (let slot = 0; slot < slotCount(); slot++) if (slotWorker(slot) == worker) return slot;
  return -1;
}

/** A slot for this worker: its own, a free one, or a new one; −1 when there are no more. */
export function needSlot(worker: u64): i32 {
  const own = findSlot(worker);
  if (own >= 0) return own;
  let slot = findSlot(0);
  if (slot < 0) {
    slot = slotCount();
    if (slot == MOST_SLOTS) return -1;
    addSlots(slot == 0 ? 2 : slot);
  }
  setSlot(slot, worker, u64.MAX_VALUE >> 1, 0);
  return slot;
}

/** Widens the table by `more` free slots: every flow gets as many cells. */
function addSlots(more: i32): void {
  const former = slotCount();
  const workloads = workloadCount();
  const flows = flowCount();
  const formerFlowBytes = flowBytes();
  const formerWorkloads = workloadsStart() - scheduleRecord;
  const formerFlows = flowsStart() - scheduleRecord;
  const formerEnd = scheduleRecordBytes;
  needRoom(formerEnd + <usize>more * (SLOT_BYTES + <usize>flows * cellBytes()));
  store<u16>(scheduleRecord, <u16>(former + more), SLOT_COUNT);
  const newFlowBytes = flowBytes();
  // From the end, so that nothing is overwritten before it was moved.
  for (let flow = flows - 1; flow >= 0; flow--) {
    const target = flowsStart() + <usize>flow * newFlowBytes;
    memory.copy(target, scheduleRecord + formerFlows + <usize>flow * formerFlowBytes, formerFlowBytes);
    memory.fill(target + formerFlowBytes, 0, newFlowBytes - formerFlowBytes);
  }
  memory.copy(workloadsStart(), scheduleRecord + formerWorkloads, <usize>workloads * WORKLOAD_BYTES);
  memory.fill(slotAt(former), 0, <usize>more * SLOT_BYTES);
  scheduleRecordBytes = flowsEnd();
}

// Workloads -----------------------------------------------------------------------------------------------------------

const WORKLOAD_FLAGS: usize = 4;
const IS_STRICT: u32 = 1;

/** Address of a workload's row. */
export function workloadAt(index: i32): usize {
  return workloadsStart() + <usize>index * WORKLOAD_BYTES;
}

export function findWorkload(id: u32): i32 {
  for (let index = 0; index < workloadCount(); index++) if (load<u32>(workloadAt(index)) == id) return index;
  return -1;
}

/** The row of the workload, made if there is none; −1 when there is no room. */
export function needWorkload(id: u32): i32 {
  const found = findWorkload(id);
  if (found >= 0) return found;
  const index = workloadCount();
  if (index == MOST_WORKLOADS) return -1;
  needRoom(scheduleRecordBytes + WORKLOAD_BYTES);
  const row = workloadAt(index);
  memory.copy(row + WORKLOAD_BYTES, row, <usize>flowCount() * flowBytes());
  memory.fill(row, 0, WORKLOAD_BYTES);
  store<u32>(row, id);
  store<f64>(row, virtualTime(), 16);
  store<u16>(scheduleRecord, <u16>(index + 1), WORKLOAD_COUNT);
  scheduleRecordBytes += WORKLOAD_BYTES;
  return index;
}

export function workloadId(row: usize): u32 { return load<u32>(row); }
export function isStrict(row: usize): bool { return (load<u32>(row, WORKLOAD_FLAGS) & IS_STRICT) != 0; }
/** Until when the workload counts as one that wants more than it gets, because requests of it were turned away. */
export function demandUntilNanos(row: usize): u64 { return load<u64>(row, 104); }
export function setDemandUntilNanos(row: usize, nanos: u64): void { store<u64>(row, nanos, 104); }
export function setStrict(row: usize, strict: bool): void {
  const flags = load<u32>(row, WORKLOAD_FLAGS);
  store<u32>(row, strict ? flags | IS_STRICT : flags & ~IS_STRICT, WORKLOAD_FLAGS);
}
export function workloadWeight(row: usize): f64 { return load<f64>(row, 8); }
export function setWorkloadWeight(row: usize, weight: f64): void { store<f64>(row, weight, 8); }
/** Virtual finish of what the workload was last served: virtual start of what comes next. */
export function workloadFinish(row: usize): f64 { return load<f64>(row, 16); }
export function setWorkloadFinish(row: usize, finish: f64): void { store<f64>(row, finish, 16); }
/** The virtual clock among the flows of the workload. */
export function innerTime(row: usize): f64 { return load<f64>(row, 24); }
export function setInnerTime(row: usize, time: f64): void { store<f64>(row, time, 24); }
/** Since when requests of the workload wait without a break; 0: none waits. */
export function waitingSinceNanos(row: usize): u64 { return load<u64>(row, 32); }
export function setWaitingSinceNanos(row: usize, nanos: u64): void { store<u64>(row, nanos, 32); }
/** Where the rate meters of floor and cap stand in the row (rate-meter.ts). */
export const FLOOR_METER: usize = 40;
export const CAP_METER: usize = 72;

// Flows ---------------------------------------------------------------------------------------------------------------

export function flowAt(index: i32): usize {
  return flowsStart() + <usize>index * flowBytes();
}

export function flowWorkloadId(row: usize): u32 { return load<u32>(row); }
export function flowId(row: usize): u32 { return load<u32>(row, 4); }
/** Weight among the flows of its workload. */
export function flowWeight(row: usize): f64 { return load<f64>(row, 8); }
export function setFlowWeight(row: usize, weight: f64): void { store<f64>(row, weight, 8); }
export function flowFinish(row: usize): f64 { return load<f64>(row, 16); }
export function setFlowFinish(row: usize, finish: f64): void { store<f64>(row, finish, 16); }

/** As a workload's: until when the flow counts as one that wants more than it gets. */
export function flowDemandUntilNanos(row: usize): u64 { return load<u64>(row, 24); }
export function setFlowDemandUntilNanos(row: usize, nanos: u64): void { store<u64>(row, nanos, 24); }

export function findFlow(workload: u32, id: u32): i32 {
  for (let index = 0; index < flowCount(); index++) {
    const row = flowAt(index);
    if (flowWorkloadId(row) == workload && flowId(row) == id) return index;
  }
  return -1;
}

/** Appends a row for a flow that has none. */
export function addFlow(workload: u32, id: u32, finish: f64): i32 {
  const index = flowCount();
  needRoom(scheduleRecordBytes + flowBytes());
  const row = flowAt(index);
  memory.fill(row, 0, flowBytes());
  store<u32>(row, workload);
  store<u32>(row, id, 4);
  store<f64>(row, finish, 16);
  store<u16>(scheduleRecord, <u16>(index + 1), FLOW_COUNT);
  scheduleRecordBytes += flowBytes();
  return index;
}

export function removeFlow(index: i32): void {
  const last = flowCount() - 1;
  if (index != last) memory.copy(flowAt(index), flowAt(last), flowBytes());
  store<u16>(scheduleRecord, <u16>last, FLOW_COUNT);
  scheduleRecordBytes -= flowBytes();
}

/** Removes all rows of flows and workloads. */
export function removeRows(): void {
  store<u16>(scheduleRecord, 0, FLOW_COUNT);
  store<u16>(scheduleRecord, 0, WORKLOAD_COUNT);
  scheduleRecordBytes = flowsEnd();
}

export function removeWorkload(index: i32): void {
  const row = workloadAt(index);
  const end = scheduleRecord + scheduleRecordBytes;
  memory.copy(row, row + WORKLOAD_BYTES, end - (row + WORKLOAD_BYTES));
  store<u16>(scheduleRecord, <u16>(workloadCount() - 1), WORKLOAD_COUNT);
  scheduleRecordBytes -= WORKLOAD_BYTES;
}

// Cells: what waits of one flow on one worker -------------------------------------------------------------------------

/** Address of the cell of a flow's row. */
@inline
export function cellAt(row: usize, slot: i32): usize {
  return row + FLOW_HEAD_BYTES + <usize>slot * cellBytes();
}

/** Requests that wait and are not granted yet. */
export function cellWaiting(cell: usize): u32 { return load<u32>(cell); }
/** How many of the shown heads are granted, for their worker to collect. */
export function cellGranted(cell: usize): i32 { return min<i32>(load<u16>(cell, 4), shownHeads()); }
export function cellShown(cell: usize): i32 { return min<i32>(load<u16>(cell, 6), shownHeads()); }
/** Thousandths of tokens that the waiting ones need. */
export function cellTokens(cell: usize): u64 { return load<u64>(cell, 8); }
/** How many of its newest the worker is asked to refuse. */
export function cellPushedOut(cell: usize): u32 { return load<u32>(cell, 16); }
/** Requests granted that are not shown: how many, and the tokens for them, reckoned by the mean of the cell. */
export function cellUnseen(cell: usize): u32 { return load<u32>(cell, 20); }
export function cellUnseenTokens(cell: usize): u64 { return load<u64>(cell, 24); }
/** When the newest came. */
function lastArrivalNanos(cell: usize): u64 { return load<u64>(cell, 32); }
export function shownArrivalNanos(cell: usize, head: i32): u64 { return load<u64>(cell + CELL_HEADS + (<usize>head << 4)); }
export function shownCost(cell: usize, head: i32): u64 { return load<u64>(cell + CELL_HEADS + 8 + (<usize>head << 4)); }

/** Cost of the next request of a cell that has one: shown, or the mean of those that are not. */
export function nextCost(cell: usize): u64 {
  const granted = cellGranted(cell);
  if (granted < cellShown(cell)) return shownCost(cell, granted);
  const waiting = <u64>cellWaiting(cell);
  return max<u64>((cellTokens(cell) + waiting - 1) / waiting, 1);
}

/** When it came: shown, or as if those that are not had come evenly from the last shown to the newest. */
export function nextArrivalNanos(cell: usize): u64 {
  const granted = cellGranted(cell);
  if (granted < cellShown(cell)) return shownArrivalNanos(cell, granted);
  const unseen = <u64>cellUnseen(cell);
  const from = cellShown(cell) == 0 ? 0 : shownArrivalNanos(cell, cellShown(cell) - 1);
  const last = max(lastArrivalNanos(cell), from);
  return from + (last - from) * (unseen + 1) / (unseen + <u64>cellWaiting(cell));
}

export function clearCell(cell: usize): void {
  memory.fill(cell, 0, cellBytes());
}

export function writeCell(cell: usize, waiting: u32, tokens: u64, lastArrivalNanos: u64): void {
  clearCell(cell);
  store<u32>(cell, waiting);
  store<u64>(cell, tokens, 8);
  store<u64>(cell, lastArrivalNanos, 32);
}

export function showHead(cell: usize, arrivalNanos: u64, cost: u64): void {
  const head = cellShown(cell);
  store<u64>(cell + CELL_HEADS + (<usize>head << 4), arrivalNanos);
  store<u64>(cell + CELL_HEADS + 8 + (<usize>head << 4), cost);
  store<u16>(cell, <u16>(head + 1), 6);
}

/** Counts the next request of the cell as granted. */
export function grantHead(cell: usize): void {
  const cost = nextCost(cell);
  const head = cellGranted(cell);
  store<u32>(cell, cellWaiting(cell) - 1);
  store<u64>(cell, cellTokens(cell) - min(cellTokens(cell), cost), 8);
  if (head < cellShown(cell)) {
    store<u16>(cell, <u16>(head + 1), 4);
    return;
  }
  store<u32>(cell, cellUnseen(cell) + 1, 20);
  store<u64>(cell, cellUnseenTokens(cell) + cost, 24);
}

/** Asks the cell's worker to refuse the newest it has; it counts as gone from now on. */
export function pushOutNewest(cell: usize): void {
  const waiting = cellWaiting(cell);
  const tokens = cellTokens(cell);
  store<u32>(cell, waiting - 1);
  store<u64>(cell, tokens - tokens / waiting, 8);
  store<u32>(cell, cellPushedOut(cell) + 1, 16);
}

/** Requests that wait in all cells of a flow. */
export function flowWaiting(row: usize): u32 {
  let waiting: u32 = 0;
  for (let slot = 0; slot < slotCount(); slot++) waiting += cellWaiting(cellAt(row, slot));
  return waiting;
}

export function flowTokens(row: usize): u64 {
  let tokens: u64 = 0;
  for (let slot = 0; slot < slotCount(); slot++) tokens += cellTokens(cellAt(row, slot));
  return tokens;
}
