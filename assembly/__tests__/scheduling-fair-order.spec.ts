import { beginGrants, GRANTED, grantNext, nextFlow, nextSlot, NOBODY, settleGrant, SHORT, shortNanos, tokensUpTo } from '../core/scheduling/fair-order';
import { QuotaBucket } from '../core/scheduling/quota-bucket';
import { setMeter } from '../core/scheduling/rate-meter';
import {
  addFlow,
  BUCKET_STATE,
  CAP_METER,
  cellAt,
  cellUnseen,
  cellUnseenTokens,
  findFlow,
  findWorkload,
  FLOOR_METER,
  flowAt,
  flowCount,
  flowId,
  flowWorkloadId,
  innerTime,
  needSlot,
  needWorkload,
  openRecord,
  SCHEDULER_HEADER_BYTES,
  scheduleRecord,
  setFlowWeight,
  setShownHeads,
  setSlot,
  setStrict,
  setWaitingSinceNanos,
  setWorkloadWeight,
  showHead,
  virtualTime,
  workloadAt,
  workloadFinish,
  writeCell,
} from '../core/scheduling/schedule-record';

const SECOND: u64 = 1_000_000_000;
const MILLI: u64 = 1_000_000;
const NOW: u64 = 5_000 * SECOND;
const AGEING: u64 = SECOND;
const TOKEN: u64 = 1000;
const RATE: f64 = 1000.0 / 1e9;
const SHOWN: i32 = 2;
const unused: usize = memory.data(112, 8);

/** What waits of one flow on one worker: arrivals and costs, oldest first. Its cell shows the first of them. */
class Waiting {
  arrivals: u64[] = [];
  costs: u64[] = [];
  constructor(readonly workload: u32, readonly flow: u32, readonly slot: i32) {}

  show(): void {
    const cell = cellAt(flowAt(findFlow(this.workload, this.flow)), this.slot);
    let tokens: u64 = 0;
    for (let index = 0; index < this.costs.length; index++) tokens += this.costs[index];
    const last = this.arrivals.length > 0 ? this.arrivals[this.arrivals.length - 1] : 0;
    writeCell(cell, this.costs.length, tokens, last);
    for (let head = 0; head < min(SHOWN, this.costs.length); head++) showHead(cell, this.arrivals[head], this.costs[head]);
  }
}

let queues: Waiting[] = [];
let arrival: u64 = 0;

function begin(): void {
  queues = [];
  arrival = NOW - 500 * MILLI;
  openRecord(unused, SCHEDULER_HEADER_BYTES);
  setShownHeads(SHOWN);
  setSlot(needSlot(1), 1, NOW, NOW);
  setSlot(needSlot(2), 2, NOW, NOW);
}

function workload(id: u32, weight: f64): usize {
  const row = workloadAt(needWorkload(id));
  setWorkloadWeight(row, weight * 1000);
  return row;
}

/** So many requests come, one millisecond apart. Workloads first: their rows move those of flows. */
function wait(id: u32, count: i32, cost: u64 = TOKEN, flow: u32 = 0, slot: i32 = 0, flowWeight: f64 = 1): void {
  let queue: Waiting | null = null;
  for (let index = 0; index < queues.length; index++) {
    const known = queues[index];
    if (known.workload == id && known.flow == flow && known.slot == slot) queue = known;
  }
  if (queue === null) {
    queue = new Waiting(id, flow, slot);
    queues.push(queue);
  }
  if (findFlow(id, flow) < 0) addFlow(id, flow, innerTime(workloadAt(findWorkload(id))));
  setFlowWeight(flowAt(findFlow(id, flow)), flowWeight);
  for (let index = 0; index < count; index++) {
    queue.arrivals.push((arrival += MILLI));
    queue.costs.push(cost);
  }
  queue.show();
}

function bucketOf(tokens: u64, perSecond: u64 = 0): QuotaBucket {
  const bucket = new QuotaBucket(max<u64>(tokens, 1), perSecond, SECOND, false, false);
  const state = scheduleRecord + BUCKET_STATE;
  memory.fill(state, 0, 24);
  bucket.refill(state, NOW, 0, false);
  if (tokens == 0) bucket.take(state, 1);
  return bucket;
}

let result: i32 = 0;

/** Serves whoever is next as long as there are tokens, every worker at once showing what comes next: `workload` or `workload/flow`. */
function serve(bucket: QuotaBucket): string {
  const served: string[] = [];
  beginGrants(NOW, AGEING);
  while ((result = grantNext(bucket)) == GRANTED) {
    const row = flowAt(nextFlow);
    const flow = flowId(row);
    served.push(flowWorkloadId(row).toString() + (flow == 0 ? '' : '/' + flow.toString()));
    for (let index = 0; index < queues.length; index++) {
      const queue = queues[index];
      if (queue.workload != flowWorkloadId(row) || queue.flow != flow || queue.slot != nextSlot) continue;
      queue.arrivals.shift();
      queue.costs.shift();
      queue.show();
    }
    settleGrant();
  }
  return served.join(' ');
}

describe('fair order of workloads', () => {
  beforeEach(begin);

  it('serves in proportion to weight, of equals the heavier first', () => {
    workload(1, 1);
    workload(2, 4);
    wait(1, 3);
    wait(2, 9);
    // Finish of 1: 1, 2, 3; of 2: ¼, ½, ¾, 1, …
    expect(serve(bucketOf(11 * TOKEN))).toBe('2 2 2 2 1 2 2 2 2 1 2');
    expect(result).toBe(SHORT);
    expect(virtualTime()).toBe(2);
  });

  it('counts tokens, not requests', () => {
    workload(1, 1);
    workload(2, 1);
    wait(1, 2, 2 * TOKEN + 500);
    wait(2, 4);
    // Finish of 1: 2.5, 5; of 2: 1, 2, 3, 4.
    expect(serve(bucketOf(12 * TOKEN))).toBe('2 2 1 2 2 1');
    expect(result).toBe(NOBODY);
  });

  it('reserves nothing: the next one waits for all of its tokens, and is overtaken by none that is behind it', () => {
    workload(1, 1);
    workload(2, 1);
    wait(1, 1, 3 * TOKEN);
    wait(2, 1, 4 * TOKEN);
    const bucket = bucketOf(0, TOKEN);
    expect(serve(bucket)).toBe('');
    expect(result).toBe(SHORT);
    // A bucket that holds a thousandth never has three tokens; the wait told is for them all the same.
    expect(shortNanos).toBe(3 * SECOND);
  });

  it('gives a workload that comes later no claim to the past', () => {
    workload(1, 1);
    wait(1, 10);
    expect(serve(bucketOf(5 * TOKEN))).toBe('1 1 1 1 1');
    workload(2, 1.1);
    wait(2, 5);
    // The virtual time is 4, the start of what was served last. Finish of 1: 6, 7; of 2: 4.9, 5.8, 6.7, 7.6.
    expect(workloadFinish(workloadAt(findWorkload(2)))).toBe(4);
    expect(serve(bucketOf(5 * TOKEN))).toBe('2 2 1 2 1');
  });

  it('serves the strict first, and those who have waited for the time of ageing with them', () => {
    workload(1, 1000);
    setStrict(workload(2, 1), true);
    wait(1, 2);
    wait(2, 2);
    expect(serve(bucketOf(4 * TOKEN))).toBe('2 2 1 1');
    begin();
    workload(1, 1000);
    setStrict(workload(2, 1), true);
    arrival = NOW - AGEING - MILLI;
    wait(1, 2); // the first of them has waited for so long
    wait(2, 2);
    expect(serve(bucketOf(5 * TOKEN))).toBe('1 2 2 1');
  });

  it('serves a workload below its floor first of all', () => {
    setMeter(workload(1, 1) + FLOOR_METER, RATE, 2000, NOW);
    workload(2, 1000);
    setStrict(workload(3, 1), true);
    wait(1, 4);
    wait(2, 2);
    wait(3, 2);
    expect(serve(bucketOf(8 * TOKEN))).toBe('1 1 3 3 2 2 1 1');
  });

  it('passes over a workload at its cap, and tells when it may go on', () => {
    setMeter(workload(1, 1000) + CAP_METER, RATE, 1000, NOW);
    workload(2, 1);
    wait(1, 3);
    wait(2, 2);
    expect(serve(bucketOf(8 * TOKEN, TOKEN))).toBe('1 2 2');
    expect(result).toBe(SHORT);
    expect(shortNanos).toBe(SECOND);
  });
});

describe('fair order within a workload', () => {
  beforeEach(begin);

  it('is order of arrival over all workers', () => {
    workload(1, 1);
    wait(1, 1, TOKEN, 0, 0);
    wait(1, 2, 2 * TOKEN, 0, 1);
    wait(1, 1, 3 * TOKEN, 0, 0);
    beginGrants(NOW, AGEING);
    const bucket = bucketOf(8 * TOKEN);
    const slots: i32[] = [];
    while (grantNext(bucket) == GRANTED) {
      slots.push(nextSlot);
      settleGrant();
    }
    expect(slots.join(' ')).toBe('0 1 1 0');
  });

  it('gives every flow its share by weight, the one that came first first', () => {
    workload(1, 1);
    wait(1, 4, TOKEN, 7);
    wait(1, 2, TOKEN, 8);
    wait(1, 2, TOKEN, 9, 1, 2);
    // Finish of 7: 1, 2, 3, 4; of 8: 1, 2; of 9: ½, 1.
    expect(serve(bucketOf(8 * TOKEN))).toBe('1/9 1/7 1/8 1/9 1/7 1/8 1/7 1/7');
  });

  it('changes nothing between workloads', () => {
    workload(1, 1);
    workload(2, 1.1);
    for (let flow: u32 = 1; flow <= 4; flow++) wait(1, 2, TOKEN, flow);
    wait(2, 4);
    expect(serve(bucketOf(8 * TOKEN))).toBe('2 1/1 2 1/2 2 1/3 2 1/4');
  });
});

describe('fair order over workers', () => {
  beforeEach(begin);

  it('grants what a worker does not show by the mean of it, as if that had come evenly', () => {
    workload(1, 1);
    wait(1, 2, TOKEN, 0, 1);
    wait(1, 1, 2 * TOKEN, 0, 1);
    wait(1, 1, 3 * TOKEN, 0, 1);
    wait(1, 1, TOKEN, 0, 0);
    const bucket = bucketOf(9 * TOKEN);
    const slots: i32[] = [];
    beginGrants(NOW, AGEING);
    while (grantNext(bucket) == GRANTED) {
      slots.push(nextSlot);
      settleGrant();
    }
    expect(slots.join(' ')).toBe('1 1 1 1 0');
    const cell = cellAt(flowAt(findFlow(1, 0)), 1);
    expect(cellUnseen(cell)).toBe(2);
    expect(cellUnseenTokens(cell)).toBe(5 * TOKEN);
    expect(bucket.level(scheduleRecord + BUCKET_STATE)).toBe(TOKEN);
  });

  it('passes over a worker that is long past its time, and one that is gone', () => {
    workload(1, 1);
    wait(1, 1, TOKEN, 0, 1);
    wait(1, 1, TOKEN, 0, 0);
    setSlot(1, 2, NOW - 101 * MILLI, NOW - 120 * MILLI);
    const bucket = bucketOf(9 * TOKEN);
    beginGrants(NOW, AGEING);
    expect(grantNext(bucket)).toBe(GRANTED);
    expect(nextSlot).toBe(0);
    settleGrant();
    expect(grantNext(bucket)).toBe(NOBODY);
    // It comes back.
    setSlot(1, 2, NOW - 99 * MILLI, NOW - 120 * MILLI);
    beginGrants(NOW, AGEING);
    expect(grantNext(bucket)).toBe(GRANTED);
    expect(nextSlot).toBe(1);
    begin();
    workload(1, 1);
    wait(1, 1, TOKEN, 0, 1);
    setSlot(1, 0, 0, 0);
    beginGrants(NOW, AGEING);
    expect(grantNext(bucketOf(9 * TOKEN))).toBe(NOBODY);
  });

  it('has nobody when nobody waits', () => {
    workload(1, 1);
    expect(serve(bucketOf(TOKEN))).toBe('');
    expect(result).toBe(NOBODY);
  });

  it('serves any mix in the order of finish, over both workers', () => {
    // Many requests of five workloads: no workload ever is ahead of another by more than a request of each.
    for (let id: u32 = 1; id <= 5; id++) workload(id, <f64>id);
    for (let round = 0; round < 20; round++) {
      for (let id: u32 = 1; id <= 5; id++) wait(id, 10, (1 + ((<u64>round * 7 + id) % 3)) * TOKEN, 0, round & 1);
    }
    const tokens = new StaticArray<f64>(6);
    const bucket = bucketOf(600 * TOKEN);
    beginGrants(NOW, AGEING);
    let worst: f64 = 0;
    while (grantNext(bucket) == GRANTED) {
      const id = flowWorkloadId(flowAt(nextFlow));
      for (let index = 0; index < queues.length; index++) {
        const queue = queues[index];
        if (queue.workload != id || queue.slot != nextSlot) continue;
        tokens[id] += <f64>queue.costs.shift();
        queue.arrivals.shift();
        queue.show();
      }
      settleGrant();
      for (let left: u32 = 1; left <= 5; left++) {
        for (let right: u32 = 1; right <= 5; right++) {
          const ahead = tokens[left] / left - tokens[right] / right;
          // Start-time fair queueing: l/w of both.
          worst = max(worst, ahead / (3000.0 / left + 3000.0 / right));
        }
      }
    }
    expect(worst).toBeLessThan(1.000001);
    expect(flowCount()).toBe(5);
  });
});

describe('tokens up to a newcomer', () => {
  beforeEach(begin);

  it('are its own when nobody waits', () => {
    expect(tokensUpTo(0, 0, 0, 1000, false, 2 * TOKEN, 0, 0)).toBe(2 * TOKEN);
  });

  it('are those ahead in its flow, and of the others up to the same finish', () => {
    const own = workload(1, 1);
    workload(2, 2);
    wait(1, 2);
    wait(2, 9);
    const flow = flowAt(findFlow(1, 0));
    // Finish 3: 2 has had 6 by then.
    expect(tokensUpTo(workloadAt(findWorkload(1)), flow, workloadFinish(own), 1000, false, TOKEN, 0, 0)).toBe(9 * TOKEN);
  });

  it('are no more of the others than wait, unless those have waited for long', () => {
    const own = workload(1, 1);
    const other = workload(2, 4);
    setWaitingSinceNanos(other, NOW - SECOND);
    wait(2, 2);
    expect(tokensUpTo(own, 0, 0, 1000, false, 3 * TOKEN, NOW - 2 * SECOND, 0)).toBe(5 * TOKEN);
    expect(tokensUpTo(own, 0, 0, 1000, false, 3 * TOKEN, NOW - SECOND, 0)).toBe(15 * TOKEN);
  });

  it('are all of the strict, and for the strict none of the others', () => {
    const own = workload(1, 1000);
    setStrict(workload(2, 1), true);
    wait(1, 5);
    wait(2, 7);
    expect(tokensUpTo(own, flowAt(findFlow(1, 0)), 0, 1_000_000, false, TOKEN, 0, 0)).toBe(13 * TOKEN);
    expect(tokensUpTo(workloadAt(findWorkload(2)), flowAt(findFlow(2, 0)), 0, 1000, true, TOKEN, 0, 0)).toBe(8 * TOKEN);
  });

  it('are of the other flows of its workload up to the same share', () => {
    const own = workload(1, 1);
    wait(1, 9, TOKEN, 7);
    wait(1, 1, TOKEN, 8);
    // One ahead and itself: 7 gets two by then.
    expect(tokensUpTo(own, flowAt(findFlow(1, 8)), 0, 1000, false, TOKEN, 0, 0)).toBe(4 * TOKEN);
    expect(tokensUpTo(own, 0, 0, 1000, false, TOKEN, 0, 0)).toBe(3 * TOKEN);
  });

  it('are of a capped workload no more than its cap gives until then', () => {
    const own = workload(1, 1);
    setMeter(workload(2, 1000) + CAP_METER, RATE, 1000, NOW);
    wait(2, 100);
    expect(tokensUpTo(own, 0, 0, 1000, false, TOKEN, 0, 0)).toBe(101 * TOKEN);
    // At ten times the cap: one, and a tenth of that for the other, and a tenth of that, …
    const tokens = tokensUpTo(own, 0, 0, 1000, false, TOKEN, 0, 10 * RATE);
    expect(tokens).toBeGreaterThan(1111);
    expect(tokens).toBeLessThan(1150);
  });
});
