import { expect } from 'vitest';
import type { QuotaBucket } from '../../host/src/plan/plugin-configuration.ts';
import type { Sent, Traffic } from './traffic.ts';

/** What must hold after any traffic whatever. */
export function expectSound(traffic: Traffic, options: SoundnessOptions = {}): void {
  expect(unsoundness(traffic, options).join('\n')).toBe('');
}

export interface SoundnessOptions {
  /** Buckets that keys have each, or 1. */
  buckets?: number;
  /** Buckets that were in force, where it was edited: the most generous counts. */
  formerBuckets?: readonly QuotaBucket[];
  /** Not looked at: the order in which requests were served. */
  anyOrder?: boolean;
  /**
   * Tokens come back that nobody has foreseen, so a worker may sleep while another one gives them to a request it holds:
   * it looks every 20 ms (LONGEST_LOOK_NANOS of queue.ts).
   */
  hasRefunds?: boolean;
}

/** Everything that is wrong, at most a few of each kind. */
export function unsoundness(traffic: Traffic, options: SoundnessOptions = {}): string[] {
  return [
    ...quotaExcess(traffic, options),
    ...(options.anyOrder ? [] : disorder(traffic, options).slice(0, 3)),
    ...leftovers(traffic),
  ];
}

/** Moments at which more had been admitted than had come. */
function quotaExcess(traffic: Traffic, options: SoundnessOptions): string[] {
  const buckets = [traffic.scheduler.bucket, ...(options.formerBuckets ?? [])];
  const places = options.buckets ?? 1;
  let tokens = 0;
  for (const sent of traffic.admissions) {
    tokens += sent.tokens;
    const most = Math.max(...buckets.map((bucket) => quotaAt(bucket, sent.endedNanos))) * places;
    if (tokens > most + 1e-6) return [`${tokens} tokens admitted after ${sent.endedNanos} ns, quota ${most}`];
  }
  return [];
}

/** Tokens that a bucket has given at most, so long after the configuration came. The bucket is used from the start. */
export function quotaAt(bucket: QuotaBucket, nanos: number): number {
  const { capacityMillitokens: capacity, fillMillitokens: fill, fillIntervalNanos: interval } = bucket;
  const delay = bucket.delayInitialFill && fill > 0 ? (capacity / fill) * interval : 0;
  let come: number;
  if (bucket.continuousFill ?? true) come = (fill * Math.max(0, nanos - delay)) / interval;
  // With a delay the first fill is at its end, else at the end of the first interval.
  else if (delay > 0) come = nanos < delay ? 0 : fill * (Math.floor((nanos - delay) / interval) + 1);
  else come = fill * Math.floor(nanos / interval);
  return (capacity + come) / 1000;
}

/**
 * A worker learns on its next tick that another one has given tokens to a request it holds, and ticks are whole
 * milliseconds: over several workers a request may go on so much later than a younger one. On one worker never.
 */
const collectionNanos = 2_000_000;
const longestLookNanos = 21_000_000;

/** Requests that were admitted after a younger one of their flow, with the nanoseconds by which they were late. */
export function overtaken(traffic: Traffic): { sent: Sent; younger: Sent; lateNanos: number }[] {
  const flows = Map.groupBy(traffic.admissions, ({ flow }) => flow.name);
  const found: { sent: Sent; younger: Sent; lateNanos: number }[] = [];
  for (const admissions of flows.values()) {
    const youngestFirst = [...admissions].sort((left, right) => right.arrivedNanos - left.arrivedNanos);
    /** The one admitted first among those that came later than the one at hand, and among those of its instant. */
    let younger: Sent | undefined;
    let first: Sent | undefined;
    let former: Sent | undefined;
    for (const sent of youngestFirst) {
      if (former?.arrivedNanos !== sent.arrivedNanos) younger = first;
      former = sent;
      if (younger !== undefined && younger.admission < sent.admission) {
        found.push({ sent, younger, lateNanos: sent.endedNanos - younger.endedNanos });
      }
      if (first === undefined || sent.admission < first.admission) first = sent;
    }
  }
  return found;
}

function disorder(traffic: Traffic, options: SoundnessOptions): string[] {
  const allowed = options.hasRefunds ? longestLookNanos : collectionNanos;
  const isWrong = (lateNanos: number) => traffic.simulator.workers === 1 || lateNanos > allowed;
  return overtaken(traffic)
    .filter(({ lateNanos }) => isWrong(lateNanos))
    .map(
      ({ sent, younger, lateNanos }) =>
        `${sent.flow.name}: came ${sent.arrivedNanos} on worker ${sent.worker}, served ${lateNanos} ns after one that came ${younger.arrivedNanos} on worker ${younger.worker}`,
    );
}

/** What still is there when all should be over. */
export function leftovers(traffic: Traffic): string[] {
  const { simulator } = traffic;
  const wrong: string[] = [];
  const held = traffic.requests.filter((sent) => sent.outcome === 'held').length;
  if (held > 0) wrong.push(`${held} requests never ended`);
  const failed = traffic.requests.filter((sent) => sent.outcome === 'failed');
  if (failed.length > 0) wrong.push(`${failed.length} requests failed: ${failed[0]!.details}`);
  for (const name of simulator.metrics.names()) {
    if (name.endsWith('.queued') && simulator.metrics.value(name) !== 0n)
      wrong.push(`${name} is ${simulator.metrics.value(name)}`);
  }
  if (simulator.nextTickNanos() !== undefined) wrong.push('a tick is pending');
  for (let worker = 0; worker < simulator.workers; worker++) {
    const contexts = simulator.contextCount(worker);
    if (contexts !== traffic.contexts[worker])
      wrong.push(`worker ${worker} has ${contexts} contexts, had ${traffic.contexts[worker]}`);
    const failure = simulator.failure(worker);
    if (failure !== undefined) wrong.push(`worker ${worker} failed: ${failure}`);
  }
  for (const { level, message } of simulator.logs) {
    if (level !== 'info' && level !== 'debug') wrong.push(`log: ${level}: ${message}`);
  }
  return wrong;
}
