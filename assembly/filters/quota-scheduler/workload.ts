import { BatchedCounter, Counter, Gauge, Histogram } from '../../runtime/metrics';
import { Matcher } from '../matching/matcher';
import { QuotaScheduler } from './quota-scheduler';

const STATISTICS = 'sluice.quota';

/** A class of requests with a share of the quota. Rates in thousandths of tokens a nanosecond; 0: none. */
export class Workload {
  matchers: Matcher[] = [];
  weight: f64 = 1_000_000;
  /** Thousandths of tokens of a request. */
  cost: u64 = 1000;
  /** 0: as long as the caller waits. */
  queueTimeoutNanos: u64 = 0;
  queueCapacity: u32 = 0;
  isStrict: bool = false;
  floorRate: f64 = 0;
  capRate: f64 = 0;

  scheduler: QuotaScheduler | null = null;
  /** What stands for the name in records. */
  id: u32 = 0;

  readonly offered: BatchedCounter;
  readonly admitted: BatchedCounter;
  /** Refused at once: it could not have been served in time. */
  readonly refusedDeadline: Counter;
  /** Refused at once: as many wait as may. */
  readonly refusedFull: Counter;
  /** Refused after waiting: its time was up. */
  readonly refusedTimeout: Counter;
  /** Refused after waiting: it gave way to a heavier workload. */
  readonly refusedPushedOut: Counter;
  readonly abandoned: Counter;
  readonly shadowHeld: Counter;
  readonly queued: Gauge;
  readonly waitMillis: Histogram;
  /** Tokens by which requests were served sooner, or later, than first come first served. */
  readonly preemptedTokens: Counter;
  readonly delayedTokens: Counter;
  readonly preempted: Counter;
  readonly delayed: Counter;
  readonly onTime: Counter;

  constructor(readonly name: StaticArray<u8>, owner: StaticArray<u8>) {
    this.offered = new BatchedCounter(STATISTICS, owner, 'offered');
    this.admitted = new BatchedCounter(STATISTICS, owner, 'admitted');
    this.refusedDeadline = new Counter(STATISTICS, owner, 'refused_deadline');
    this.refusedFull = new Counter(STATISTICS, owner, 'refused_queue_full');
    this.refusedTimeout = new Counter(STATISTICS, owner, 'refused_timeout');
    this.refusedPushedOut = new Counter(STATISTICS, owner, 'refused_pushed_out');
    this.abandoned = new Counter(STATISTICS, owner, 'abandoned');
    this.shadowHeld = new Counter(STATISTICS, owner, 'shadow_held');
    this.queued = new Gauge(STATISTICS, owner, 'queued');
    this.waitMillis = new Histogram(STATISTICS, owner, 'wait_ms');
    this.preemptedTokens = new Counter(STATISTICS, owner, 'preempted_millitokens');
    this.delayedTokens = new Counter(STATISTICS, owner, 'delayed_millitokens');
    this.preempted = new Counter(STATISTICS, owner, 'preempted');
    this.delayed = new Counter(STATISTICS, owner, 'delayed');
    this.onTime = new Counter(STATISTICS, owner, 'on_time');
  }

  flushCounters(): void {
    this.offered.flush();
    this.admitted.flush();
  }
}
