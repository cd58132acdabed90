import { MOST_SHOWN } from '../../core/scheduling/schedule-record';
import { HeldRequest } from './held-request';
import { Queue } from './queue';
import { Workload } from './workload';

/**
 * The requests of one flow that wait on this worker, in order of arrival. While the record is being changed, `passed`
 * of them count as granted and `dropped` of the newest as refused; that becomes true only when the change is in.
 */
export class LocalFlow {
  queue: Queue | null = null;
  workload: Workload | null = null;
  id: u32 = 0;
  weight: f64 = 1;

  first: HeldRequest | null = null;
  last: HeldRequest | null = null;
  count: i32 = 0;
  tokens: u64 = 0;
  /** Heads that the record shows of this flow; null once such a request is gone. */
  readonly shown: StaticArray<HeldRequest | null> = new StaticArray<HeldRequest | null>(MOST_SHOWN);
  shownCount: i32 = 0;
  /** Where its row was last, to look there first. */
  rowHint: i32 = 0;
  /** Some left unserved, so the workload keeps its place in the order. */
  hasLost: bool = false;

  /** The first that is neither passed nor dropped, and those that are dropped. */
  cursor: HeldRequest | null = null;
  private firstDropped: HeldRequest | null = null;
  passed: i32 = 0;
  dropped: i32 = 0;
  openTokens: u64 = 0;

  nextFree: LocalFlow | null = null;

  /** The last that is not dropped. */
  get newest(): HeldRequest | null {
    let request = this.last;
    while (request !== null && request.isDropped) request = request.former;
    return request;
  }

  /** Those that are neither passed nor dropped. */
  get open(): i32 { return this.count - this.passed - this.dropped; }

  append(request: HeldRequest): void {
    const last = this.last;
    request.former = last;
    request.next = null;
    if (last === null) this.first = request;
    else last.next = request;
    this.last = request;
    this.count++;
    this.tokens += request.cost;
    if (this.cursor === null) this.cursor = request;
    this.openTokens += request.cost;
  }

  remove(request: HeldRequest): void {
    const former = request.former;
    const next = request.next;
    if (former === null) this.first = next;
    else former.next = next;
    if (next === null) this.last = former;
    else next.former = former;
    request.former = null;
    request.next = null;
    this.count--;
    this.tokens -= request.cost;
    if (request.shownAt >= 0) unchecked((this.shown[request.shownAt] = null));
    request.shownAt = -1;
  }

  /** Begins a change of the record with nothing passed and nothing dropped. */
  rewind(): void {
    while (this.dropped > 0) this.takeDropped();
    this.cursor = this.first;
    this.passed = 0;
    this.openTokens = this.tokens;
  }

  /** Passes the request at the cursor. */
  pass(): HeldRequest {
    const request = this.cursor!;
    this.cursor = openFrom(request.next);
    this.passed++;
    this.openTokens -= request.cost;
    return request;
  }

  /** Drops the newest that is left. */
  drop(): void {
    const request = this.newest!;
    request.isDropped = true;
    request.nextDropped = this.firstDropped;
    this.firstDropped = request;
    this.dropped++;
    this.openTokens -= request.cost;
    this.cursor = openFrom(this.cursor);
  }

  /** One that is dropped, which it then no longer is. */
  takeDropped(): HeldRequest {
    const request = this.firstDropped!;
    this.firstDropped = request.nextDropped;
    request.nextDropped = null;
    request.isDropped = false;
    this.dropped--;
    return request;
  }

  /** The change is in, and its requests are removed: notes what the record shows now. */
  settle(shownHeads: i32): void {
    this.rewind();
    this.hasLost = false;
    let request = this.first;
    for (let head = 0; head < this.shownCount; head++) unchecked((this.shown[head] = null));
    this.shownCount = 0;
    while (request !== null && this.shownCount < shownHeads) {
      unchecked((this.shown[this.shownCount] = request));
      request.shownAt = this.shownCount++;
      request = request.next;
    }
  }
}

/** The request, or the first behind it that is not dropped. */
export function openFrom(from: HeldRequest | null): HeldRequest | null {
  let request = from;
  while (request !== null && request.isDropped) request = request.next;
  return request;
}

let firstFree: LocalFlow | null = null;

export function newLocalFlow(queue: Queue, workload: Workload, id: u32): LocalFlow {
  let flow = firstFree;
  if (flow === null) flow = new LocalFlow();
  else firstFree = flow.nextFree;
  flow.nextFree = null;
  flow.queue = queue;
  flow.workload = workload;
  flow.id = id;
  return flow;
}

/** It must be empty. */
export function freeLocalFlow(flow: LocalFlow): void {
  flow.queue = null;
  flow.workload = null;
  flow.hasLost = false;
  for (let head = 0; head < flow.shownCount; head++) flow.shown[head] = null;
  flow.shownCount = 0;
  flow.nextFree = firstFree;
  firstFree = flow;
}
