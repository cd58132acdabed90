import {
  addFlow,
  addServedTokens,
  CAP_METER,
  cellAt,
  cellGranted,
  cellPushedOut,
  cellShown,
  cellTokens,
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
  grantHead,
  innerTime,
  isStrict,
  lastLeaseNanos,
  lastUsedNanos,
  MOST_SHOWN,
  MOST_SLOTS,
  MOST_WORKLOADS,
  needSlot,
  needWorkload,
  openRecord,
  outstandingTokens,
  pushOutNewest,
  recordFingerprint,
  removeFlow,
  removeRows,
  removeWorkload,
  SCHEDULER_HEADER_BYTES,
  scheduleRecord,
  scheduleRecordBytes,
  servedTokens,
  setDemandUntilNanos,
  setFlowDemandUntilNanos,
  setFlowFinish,
  setFlowWeight,
  setInnerTime,
  setLastLeaseNanos,
  setLastUsedNanos,
  setOutstandingTokens,
  setRecordFingerprint,
  setShownHeads,
  setSlot,
  setStrict,
  setVirtualTime,
  setWaitingSinceNanos,
  setWorkloadFinish,
  setWorkloadWeight,
  showHead,
  shownArrivalNanos,
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
} from '../core/scheduling/schedule-record';

const MOST_BYTES: i32 = 8 * 1024 * 1024;
const unused: usize = memory.data(112, 8);
const copy: usize = heap.alloc(MOST_BYTES);

/** The same as the record, without its layout: what stands in it, one by one. */
class Cell {
  waiting: u32 = 0;
  tokens: u64 = 0;
  granted: i32 = 0;
  pushedOut: u32 = 0;
  unseen: u32 = 0;
  unseenTokens: u64 = 0;
  arrivals: u64[] = [];
  costs: u64[] = [];
}

class Flow {
  weight: f64 = 0;
  demandUntil: u64 = 0;
  cells: Cell[] = [];
  constructor(readonly workload: u32, readonly id: u32, public finish: f64) {}
}

class Workload {
  weight: f64 = 0;
  inner: f64 = 0;
  since: u64 = 0;
  isStrict: bool = false;
  demandUntil: u64 = 0;
  floor: f64 = 0;
  cap: f64 = 0;
  constructor(readonly id: u32, public finish: f64) {}
}

class Slot {
  worker: u64 = 0;
  next: u64 = 0;
  last: u64 = 0;
}

let slots: Slot[] = [];
let workloads: Workload[] = [];
let flows: Flow[] = [];
let header: u64[] = [];
let heads: i32 = 0;

let seed: u32 = 1;
function random(below: u32): u32 {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed % below;
}

function begin(start: u32): void {
  seed = start;
  slots = [];
  workloads = [];
  flows = [];
  header = [0, 0, 0, 0, 0, 0];
  openRecord(unused, SCHEDULER_HEADER_BYTES);
  heads = random(MOST_SHOWN + 1);
  setShownHeads(heads);
}

function modelFlow(workload: u32, id: u32): i32 {
  for (let index = 0; index < flows.length; index++) if (flows[index].workload == workload && flows[index].id == id) return index;
  return -1;
}

function modelWorkload(id: u32): i32 {
  for (let index = 0; index < workloads.length; index++) if (workloads[index].id == id) return index;
  return -1;
}

function modelSlot(worker: u64): i32 {
  for (let index = 0; index < slots.length; index++) if (slots[index].worker == worker) return index;
  return -1;
}

/** What differs between the record and the model, or nothing. */
function difference(): string {
  if (slotCount() != slots.length) return 'slots: ' + slotCount().toString() + ', not ' + slots.length.toString();
  if (shownHeads() != heads) return 'shown heads';
  if (workloadCount() != workloads.length) return 'number of workloads';
  if (flowCount() != flows.length) return 'number of flows';
  if (
    outstandingTokens() != header[0] ||
    lastLeaseNanos() != header[1] ||
    virtualTime() != <f64>header[2] ||
    servedTokens() != header[3] ||
    recordFingerprint() != header[4] ||
    lastUsedNanos() != header[5]
  ) return 'header';
  for (let index = 0; index < slots.length; index++) {
    const slot = slots[index];
    if (slotWorker(index) != slot.worker || slotNextLookNanos(index) != slot.next || slotLastLookNanos(index) != slot.last) {
      return 'slot ' + index.toString();
    }
  }
  for (let index = 0; index < workloads.length; index++) {
    const workload = workloads[index];
    const row = workloadAt(index);
    if (
      workloadId(row) != workload.id ||
      workloadWeight(row) != workload.weight ||
      workloadFinish(row) != workload.finish ||
      innerTime(row) != workload.inner ||
      waitingSinceNanos(row) != workload.since ||
      isStrict(row) != workload.isStrict ||
      demandUntilNanos(row) != workload.demandUntil ||
      load<f64>(row + FLOOR_METER) != workload.floor ||
      load<f64>(row + CAP_METER + 24) != workload.cap ||
      findWorkload(workload.id) != index
    ) return 'workload ' + index.toString();
  }
  for (let index = 0; index < flows.length; index++) {
    const flow = flows[index];
    const row = flowAt(index);
    if (
      flowWorkloadId(row) != flow.workload ||
      flowId(row) != flow.id ||
      flowWeight(row) != flow.weight ||
      flowFinish(row) != flow.finish ||
      flowDemandUntilNanos(row) != flow.demandUntil ||
      findFlow(flow.workload, flow.id) != index
    ) return 'flow ' + index.toString();
    let waiting: u32 = 0;
    let tokens: u64 = 0;
    for (let slot = 0; slot < slots.length; slot++) {
      const cell = flow.cells[slot];
      const at = cellAt(row, slot);
      waiting += cell.waiting;
      tokens += cell.tokens;
      if (
        cellWaiting(at) != cell.waiting ||
        cellTokens(at) != cell.tokens ||
        cellGranted(at) != cell.granted ||
        cellPushedOut(at) != cell.pushedOut ||
        cellUnseen(at) != cell.unseen ||
        cellUnseenTokens(at) != cell.unseenTokens ||
        cellShown(at) != cell.costs.length
      ) return 'cell ' + slot.toString() + ' of flow ' + index.toString();
      for (let head = 0; head < cell.costs.length; head++) {
        if (shownArrivalNanos(at, head) != cell.arrivals[head] || shownCost(at, head) != cell.costs[head]) {
          return 'head ' + head.toString() + ' of cell ' + slot.toString() + ' of flow ' + index.toString();
        }
      }
    }
    if (flowWaiting(row) != waiting || flowTokens(row) != tokens) return 'sum of flow ' + index.toString();
  }
  return '';
}

function changeSlots(): void {
  const worker: u64 = 1 + random(12);
  const known = modelSlot(worker);
  if (known >= 0) {
    // A worker leaves, or looks.
    const slot = slots[known];
    slot.worker = random(3) == 0 ? 0 : worker;
    slot.next = random(1000);
    slot.last = random(1000);
    setSlot(known, slot.worker, slot.next, slot.last);
    return;
  }
  let place = modelSlot(0);
  if (place < 0) {
    place = slots.length;
    const more = place == 0 ? 2 : place;
    for (let index = 0; index < more; index++) {
      slots.push(new Slot());
      for (let flow = 0; flow < flows.length; flow++) flows[flow].cells.push(new Cell());
    }
  }
  slots[place].worker = worker;
  slots[place].next = u64.MAX_VALUE >> 1;
  slots[place].last = 0;
  needSlot(worker);
}

function changeWorkloads(): void {
  const id: u32 = 1 + random(20);
  const known = modelWorkload(id);
  if (known >= 0 && random(4) == 0) {
    workloads.splice(known, 1);
    removeWorkload(known);
    return;
  }
  if (known < 0) workloads.push(new Workload(id, <f64>header[2]));
  const index = needWorkload(id);
  const workload = workloads[index];
  const row = workloadAt(index);
  if (random(4) == 0) return;
  workload.weight = random(1000);
  setWorkloadWeight(row, workload.weight);
  workload.finish = random(1000);
  setWorkloadFinish(row, workload.finish);
  workload.inner = random(1000);
  setInnerTime(row, workload.inner);
  workload.since = random(1000);
  setWaitingSinceNanos(row, workload.since);
  workload.isStrict = random(2) == 0;
  setStrict(row, workload.isStrict);
  workload.demandUntil = random(1000);
  setDemandUntilNanos(row, workload.demandUntil);
  workload.floor = random(1000);
  store<f64>(row + FLOOR_METER, workload.floor);
  workload.cap = random(1000);
  store<f64>(row + CAP_METER + 24, workload.cap);
}

function changeFlows(): void {
  const workload: u32 = 1 + random(20);
  const id: u32 = random(4);
  const known = modelFlow(workload, id);
  if (known < 0) {
    const flow = new Flow(workload, id, random(1000));
    for (let slot = 0; slot < slots.length; slot++) flow.cells.push(new Cell());
    flows.push(flow);
    addFlow(workload, id, flow.finish);
  } else if (random(3) == 0) {
    flows[known] = flows[flows.length - 1];
    flows.pop();
    removeFlow(known);
  } else {
    const flow = flows[known];
    flow.weight = random(1000);
    setFlowWeight(flowAt(known), flow.weight);
    flow.finish = random(1000);
    setFlowFinish(flowAt(known), flow.finish);
    flow.demandUntil = random(1000);
    setFlowDemandUntilNanos(flowAt(known), flow.demandUntil);
  }
}

function changeCells(): void {
  if (flows.length == 0 || slots.length == 0) return;
  const index = random(flows.length);
  const slot = random(slots.length);
  const at = cellAt(flowAt(index), slot);
  const cell = flows[index].cells[slot];
  switch (random(4)) {
    case 0: {
      clearCell(at);
      flows[index].cells[slot] = new Cell();
      break;
    }
    case 1: {
      const written = new Cell();
      written.waiting = 1 + random(20);
      const shown = min<i32>(written.waiting, heads);
      for (let head = 0; head < shown; head++) {
        written.arrivals.push(random(1000));
        written.costs.push(1 + random(5));
        written.tokens += written.costs[head];
      }
      written.tokens += <u64>(written.waiting - shown) * 3;
      writeCell(at, written.waiting, written.tokens, 1000);
      for (let head = 0; head < shown; head++) showHead(at, written.arrivals[head], written.costs[head]);
      flows[index].cells[slot] = written;
      break;
    }
    case 2: {
      if (cell.waiting == 0 || cell.pushedOut > 0) return;
      if (cell.granted < cell.costs.length) {
        cell.tokens -= cell.costs[cell.granted++];
      } else {
        const mean = (cell.tokens + cell.waiting - 1) / cell.waiting;
        cell.tokens -= mean;
        cell.unseen++;
        cell.unseenTokens += mean;
      }
      cell.waiting--;
      grantHead(at);
      break;
    }
    case 3: {
      if (cell.waiting == 0) return;
      cell.tokens -= cell.tokens / cell.waiting;
      cell.waiting--;
      cell.pushedOut++;
      pushOutNewest(at);
      break;
    }
  }
}

function changeHeader(): void {
  // Only where no flow has a row.
  const other: i32 = random(MOST_SHOWN + 1);
  setShownHeads(other);
  if (flows.length == 0) heads = other;
  setOutstandingTokens((header[0] = random(1000)));
  setLastLeaseNanos((header[1] = random(1000)));
  header[2] = random(1000);
  setVirtualTime(<f64>header[2]);
  const served: u64 = random(1000);
  header[3] += served;
  addServedTokens(served);
  setRecordFingerprint((header[4] = random(1000)));
  setLastUsedNanos((header[5] = random(1000)));
}

/** As another worker reads it. */
function reopen(): bool {
  const bytes = scheduleRecordBytes;
  memory.copy(copy, scheduleRecord, bytes);
  memory.fill(scheduleRecord, 0xaa, bytes);
  return openRecord(copy, bytes);
}

describe('schedule record', () => {
  it('keeps everything else as it is, whatever is added, removed or grown', () => {
    let wrong = '';
    for (let run: u32 = 1; run <= 40 && wrong == ''; run++) {
      begin(run * 7919);
      for (let step = 0; step < 500 && wrong == ''; step++) {
        switch (random(10)) {
          case 0: changeSlots(); break;
          case 1:
          case 2: changeWorkloads(); break;
          case 3:
          case 4: changeFlows(); break;
          case 5: changeHeader(); break;
          case 6: if (!reopen()) wrong = 'cannot be read again'; break;
          case 7: {
            if (random(40) > 0) break;
            removeRows();
            workloads = [];
            flows = [];
            break;
          }
          default: changeCells();
        }
        const differs = difference();
        if (differs != '') wrong = 'run ' + run.toString() + ', step ' + step.toString() + ': ' + differs;
      }
    }
    expect(wrong).toBe('');
  });

  it('has room for all slots, workloads and flows at once', () => {
    begin(1);
    for (let worker: u64 = 1; worker <= <u64>MOST_SLOTS; worker++) changeSlotsTo(worker);
    expect(needSlot(1000)).toBe(-1);
    expect(needSlot(7)).toBe(6);
    for (let id: u32 = 1; id <= <u32>MOST_WORKLOADS; id++) {
      workloads.push(new Workload(id, 0));
      needWorkload(id);
    }
    expect(needWorkload(1000)).toBe(-1);
    expect(needWorkload(3)).toBe(2);
    for (let id: u32 = 0; id < 100; id++) {
      const flow = new Flow(1, id, id);
      for (let slot = 0; slot < slots.length; slot++) flow.cells.push(new Cell());
      flows.push(flow);
      addFlow(1, id, id);
    }
    for (let count = 0; count < 2000; count++) changeCells();
    expect(difference()).toBe('');
    expect(reopen()).toBe(true);
    expect(difference()).toBe('');
  });

  it('is not read from bytes that are none', () => {
    begin(1);
    needSlot(1);
    needWorkload(1);
    addFlow(1, 1, 0);
    const bytes = scheduleRecordBytes;
    memory.copy(copy, scheduleRecord, bytes);
    expect(openRecord(copy, bytes)).toBe(true);
    expect(openRecord(copy, bytes - 1)).toBe(false);
    expect(openRecord(copy, bytes + 8)).toBe(false);
    expect(openRecord(copy, SCHEDULER_HEADER_BYTES)).toBe(false);
    expect(openRecord(copy, SCHEDULER_HEADER_BYTES - 1)).toBe(false);
    expect(openRecord(copy, 0)).toBe(false);
  });
});

function changeSlotsTo(worker: u64): void {
  if (modelSlot(0) < 0) {
    const more = slots.length == 0 ? 2 : slots.length;
    for (let index = 0; index < more; index++) slots.push(new Slot());
  }
  const slot = slots[modelSlot(0)];
  slot.worker = worker;
  slot.next = u64.MAX_VALUE >> 1;
  needSlot(worker);
  expect(findSlot(worker)).toBe(<i32>worker - 1);
}
