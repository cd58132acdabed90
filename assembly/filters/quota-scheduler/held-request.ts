import { Workload } from './workload';
import { LocalFlow } from './local-flow';

/**
 * A request that waits: in the queue of its flow, in the heap of deadlines, and in the table by which its stream is
 * found when the client goes away. Objects are used again, so that waiting makes no garbage; there are never more than
 * the schedulers' queue capacities allow.
 */
export class HeldRequest {
  context: u32 = 0;
  /** Null: it has to give way to another, and is answered on the next tick. */
  flow: LocalFlow | null = null;
  workload: Workload | null = null;
  /** Thousandths of tokens. */
  cost: u64 = 0;
  arrivalNanos: u64 = 0;
  deadlineNanos: u64 = 0;
  isGrpc: bool = false;
  /** For one that has to give way: when one like it would be served in time. */
  retryNanos: u64 = 0;
  /** Tokens that waited ahead when it came, and those that had ever been served by then. */
  tokensAhead: u64 = 0;
  servedBefore: u64 = 0;

  /** In its flow's queue. */
  next: HeldRequest | null = null;
  former: HeldRequest | null = null;
  /** Among the heads that the record shows of its flow. */
  shownAt: i32 = -1;
  /** Among those of its flow that the change of the record at hand refuses. */
  isDropped: bool = false;
  nextDropped: HeldRequest | null = null;
  /** In the table by context. */
  nextInBucket: HeldRequest | null = null;
  /** In the heap of deadlines. */
  heapIndex: i32 = -1;
}

let firstFree: HeldRequest | null = null;

export function newHeldRequest(): HeldRequest {
  const request = firstFree;
  if (request === null) return new HeldRequest();
  firstFree = request.next;
  request.next = null;
  return request;
}

/** Its links must be gone already. */
export function freeHeldRequest(request: HeldRequest): void {
  request.flow = null;
  request.workload = null;
  request.former = null;
  request.next = firstFree;
  firstFree = request;
}

// By stream -----------------------------------------------------------------------------------------------------------

const BUCKETS: u32 = 4096;
const buckets = new StaticArray<HeldRequest | null>(4096);

export function enterHeldRequest(request: HeldRequest): void {
  const bucket = request.context % BUCKETS;
  request.nextInBucket = unchecked(buckets[bucket]);
  unchecked((buckets[bucket] = request));
}

/** The held request of a stream, or null. One load for a stream that is not held, mostly. */
export function findHeldRequest(context: u32): HeldRequest | null {
  let request = unchecked(buckets[context % BUCKETS]);
  while (request !== null && request.context != context) request = request.nextInBucket;
  return request;
}

export function leaveHeldRequest(request: HeldRequest): void {
  const bucket = request.context % BUCKETS;
  let former: HeldRequest | null = null;
  let at = unchecked(buckets[bucket]);
  while (at !== null && at !== request) {
    former = at;
    at = at.nextInBucket;
  }
  if (at === null) return;
  if (former === null) unchecked((buckets[bucket] = request.nextInBucket));
  else former.nextInBucket = request.nextInBucket;
  request.nextInBucket = null;
}
