import { FILTER_CONTINUE, FILTER_STOP, FILTER_STOP_ALL_AND_WATERMARK, proxy_set_effective_context } from '../../runtime/abi';
import { bytesOf } from '../../core/bytes';
import { HostTable } from '../../core/host-table';
import { monotonicNanos } from '../../runtime/clock';
import { JsonReader } from '../../runtime/json-reader';
import { CommonConfiguration } from '../../runtime/plugin-config';
import { isGrpcRequest } from '../../runtime/request';
import { millisUntil, soonerTick, wantTickWithin } from '../../runtime/ticks';
import { tellVerdict, VERDICT_SCHEDULER, VERDICT_WORKLOAD, verdictIsWanted } from '../../runtime/verdict';
import { findByHost } from '../matching/find-by-host';
import { Section, TrafficFunction } from '../section';
import { readQuotaSchedulers } from './config';
import { nextDeadline } from './deadlines';
import { findHeldRequest, freeHeldRequest, HeldRequest } from './held-request';
import { adoptScheduler, dropIdleSchedulers, LiveScheduler } from './live-scheduler';
import { forgetHeld, refuseHeld } from './outcome';
import { ADMITTED, HELD, MOVED, Queue, retryNanos, SHADOW_HELD, TOO_LATE } from './queue';
import { QuotaScheduler } from './quota-scheduler';

const QUOTA_SCHEDULERS = bytesOf('quotaSchedulers');
/** Requests whose time is up are answered this many a tick, so that nothing else on the worker waits for them. */
const MOST_EXPIRED: i32 = 256;
/** How often a key that has lost its place looks for another, before it takes what it finds. */
const MOST_MOVES: i32 = 3;

export class QuotaScheduling extends TrafficFunction {
  owns(reader: JsonReader): bool { return reader.fieldIs(QUOTA_SCHEDULERS); }

  read(reader: JsonReader, common: CommonConfiguration): Section {
    return new QuotaSection(readQuotaSchedulers(reader, common));
  }

  get needsTicks(): bool { return nextDeadline() !== null || Queue.needsTicks; }

  tick(nowNanos: u64): u32 {
    for (let count = 0; count < MOST_EXPIRED; count++) {
      const request = nextDeadline();
      if (request === null || request.deadlineNanos > nowNanos) break;
      endInVain(request, nowNanos);
    }
    const next = Queue.tick(nowNanos);
    const request = nextDeadline();
    if (request === null) return next;
    return soonerTick(next, millisUntil(request.deadlineNanos, nowNanos));
  }
}

/** A request's time is up, or it has to give way. */
function endInVain(request: HeldRequest, nowNanos: u64): void {
  const workload = request.workload!;
  const flow = request.flow;
  if (flow === null) {
    forgetHeld(request);
    refuseHeld(request, workload.refusedPushedOut, request.retryNanos);
  } else {
    const queue = flow.queue!;
    queue.drop(request, nowNanos, true);
    refuseHeld(request, workload.refusedTimeout, queue.retryAfter(request, nowNanos));
  }
  freeHeldRequest(request);
}

/** A stream is over: if its request waits, it waits no more. */
export function forgetStream(context: u32): void {
  const request = findHeldRequest(context);
  if (request === null) return;
  request.workload!.abandoned.add(1);
  const flow = request.flow;
  if (flow === null) forgetHeld(request);
  else flow.queue!.drop(request, monotonicNanos(), false);
  freeHeldRequest(request);
}

/** The schedulers of one configuration, found by host. */
export class QuotaSection extends Section {
  private readonly hosts: HostTable = new HostTable();
  private found: StaticArray<i32> = new StaticArray<i32>(0);

  constructor(private readonly schedulers: QuotaScheduler[]) {
    super();
    for (let index = 0; index < schedulers.length; index++) schedulers[index].scope.addTo(this.hosts, index);
    this.found = new StaticArray<i32>(this.hosts.linkCount);
  }

  get isEmpty(): bool { return this.schedulers.length == 0; }

  get summary(): string { return this.schedulers.length.toString() + ' quota schedulers'; }

  adopt(nowNanos: u64): void {
    for (let index = 0; index < this.schedulers.length; index++) adoptScheduler(this.schedulers[index], nowNanos);
    dropIdleSchedulers(this.schedulers);
  }

  decide(context: u32): u32 {
    const scheduler = this.find();
    return scheduler === null ? FILTER_CONTINUE : schedule(scheduler, context);
  }

  /** The first scheduler in the order of the configuration that is for the request at hand. */
  private find(): QuotaScheduler | null {
    const count = findByHost(this.hosts, this.found);
    let first: i32 = i32.MAX_VALUE;
    for (let index = 0; index < count; index++) {
      const position = unchecked(this.found[index]);
      if (position < first && unchecked(this.schedulers[position]).scope.holds()) first = position;
    }
    return first == i32.MAX_VALUE ? null : unchecked(this.schedulers[first]);
  }
}

function schedule(scheduler: QuotaScheduler, context: u32): u32 {
  scheduler.look();
  const workload = scheduler.workload;
  if (verdictIsWanted) {
    tellVerdict(VERDICT_SCHEDULER, scheduler.name);
    tellVerdict(VERDICT_WORKLOAD, workload.name);
  }
  workload.offered.increment();
  if (scheduler.cost == 0) {
    workload.admitted.increment();
    workload.flushCounters();
    return FILTER_CONTINUE;
  }
  const live = scheduler.live!;
  const fingerprint = scheduler.fingerprint();
  let queue: Queue;
  if (fingerprint == 0) {
    queue = live.queueFor(0, 0);
    // What is held ahead of need is spent without a look at the clock.
    if (queue.takeHeld(scheduler.cost, 0)) {
      workload.admitted.increment();
      return FILTER_CONTINUE;
    }
  } else {
    queue = live.queueFor(fingerprint, monotonicNanos());
    if (!live.isShared && queue.takeHeld(scheduler.cost, fingerprint)) {
      workload.admitted.increment();
      return FILTER_CONTINUE;
    }
  }
  const verdict = arrive(scheduler, live, queue, fingerprint, context);
  // Others may have been let go or answered meanwhile.
  proxy_set_effective_context(context);
  if (verdict == ADMITTED) {
    workload.admitted.increment();
    return FILTER_CONTINUE;
  }
  if (verdict == SHADOW_HELD) {
    workload.shadowHeld.add(1);
    return FILTER_CONTINUE;
  }
  if (verdict == HELD) {
    wantTickWithin(millisUntil(nextDeadline()!.deadlineNanos, monotonicNanos()));
    return FILTER_STOP_ALL_AND_WATERMARK;
  }
  (verdict == TOO_LATE ? workload.refusedDeadline : workload.refusedFull).add(1);
  scheduler.reply.send(scheduler.name, max<u64>(retryNanos, 1), 0, isGrpcRequest());
  return FILTER_STOP;
}

function arrive(scheduler: QuotaScheduler, live: LiveScheduler, first: Queue, fingerprint: u64, context: u32): i32 {
  const nowNanos = monotonicNanos();
  const patience = scheduler.patience();
  const isGrpc = isGrpcRequest();
  let queue = first;
  for (let move = 0; move < MOST_MOVES; move++) {
    const verdict = queue.arrive(context, nowNanos, patience, isGrpc, live.isShared ? 0 : fingerprint);
    if (verdict != MOVED) return verdict;
    live.forgetKey(fingerprint);
    queue = live.queueFor(fingerprint, nowNanos);
  }
  return queue.arrive(context, nowNanos, patience, isGrpc, 0);
}
