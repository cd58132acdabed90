import { SHOWN_HEADS } from '../../core/scheduling/schedule-record';
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
  readonly shown: StaticArray<HeldRequest | null> = new StaticArray<HeldRequest | null>(SHOWN_HEADS);
  /** Where its row was last, to look there first. */
  rowHint: i32 = 0;
  /** Some left unserved, so the workload keeps its place in the order. */
  hasLost: bool = false;

  /** The first that is not passed, and the last that is not dropped. */
  cursor: HeldRequest | null = null;
  private tail: HeldRequest | null = null;
  passed: i32 = 0;
  dropped: i32 = 0;
  openTokens: u64 = 0;

  nextFree: LocalFlow | null = null;

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
    this.tail = request;
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
    for (let head = 0; head < SHOWN_HEADS; head++) {
      if (unchecked(this.shown[head]) === request) unchecked((this.shown[head] = null));
    }
  }

  /** Begins a change of the record with nothing passed and nothing dropped. */
  rewind(): void {
    this.cursor = this.first;
    this.tail = this.last;
    this.passed = 0;
    this.dropped = 0;
    this.openTokens = this.tokens;
  }

  /** Passes the request at the cursor. */
  pass(): HeldRequest {
    const request = this.cursor!;
    this.cursor = request.next;
    this.passed++;
    this.openTokens -= request.cost;
    return request;
  }

  /** Drops the newest that is left. */
  drop(): void {
    const request = this.tail!;
    this.tail = request.former;
    this.dropped++;
    this.openTokens -= request.cost;
  }

  /** The change is in, and its requests are removed: notes what the record shows now. */
  settle(): void {
    this.rewind();
    this.hasLost = false;
    let request = this.first;
    for (let head = 0; head < SHOWN_HEADS; head++) {
      unchecked((this.shown[head] = request));
      if (request !== null) request = request.next;
    }
  }
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
  for (let head = 0; head < SHOWN_HEADS; head++) flow.shown[head] = null;
  flow.nextFree = firstFree;
  firstFree = flow;
}
