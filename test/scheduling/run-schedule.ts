import { secondNanos } from '../module/modules.ts';
import type { Schedule, ScheduledFlow } from './aperture-schedules.ts';
import { scheduler, type WorkloadOptions } from './schedulers.ts';
import { fairShares, tokensByFlow } from './statistics.ts';
import { type Flow, sendTraffic, type Traffic } from './traffic.ts';

export interface ScheduleOptions {
  seconds: number;
  workers: number;
  /** All requests of a class come on one worker. */
  classesApart?: boolean;
}

/** What a flow of a schedule got, beside its fair share. Tokens. */
export interface Share {
  flow: ScheduledFlow;
  accepted: number;
  fair: number;
  sent: number;
}

const nameOf = (flow: ScheduledFlow) =>
  flow.user === undefined ? flow.workload : `${flow.workload} ${flow.user}`;

export interface ScheduleRun {
  traffic: Traffic;
  /** What the flows had got by then. */
  sharesAfter: (seconds: number) => Share[];
}

export function runSchedule(schedule: Schedule, options: ScheduleOptions): ScheduleRun {
  const { fillPerSecond, queueTimeoutMillis } = schedule;
  const workloads: Record<string, WorkloadOptions> = {
    drain: { priority: 1_000_000, tokens: fillPerSecond },
  };
  for (const { workload, tokens, inversePriority } of schedule.flows)
    workloads[workload] = { priority: 1 / inversePriority, tokens, queueTimeoutMillis };
  const hasUsers = schedule.flows.some(({ user }) => user !== undefined);
  const drain: Flow = { name: 'drain', tokens: fillPerSecond, atMillis: [0] };
  const flows = schedule.flows.map(
    (flow, index): Flow => ({
      name: nameOf(flow),
      workload: flow.workload,
      ...(flow.user === undefined ? {} : { headers: { 'x-user': flow.user } }),
      tokens: flow.tokens,
      perSecond: flow.perSecond,
      ...(options.classesApart ? { on: [index % options.workers] } : {}),
    }),
  );
  const traffic = sendTraffic({
    scheduler: scheduler({ capacity: fillPerSecond }, workloads, {
      ...(hasUsers ? { fairnessKey: [{ on: 'header', name: 'x-user' }] } : {}),
    }),
    flows: [drain, ...flows],
    durationMillis: options.seconds * 1000,
    workers: options.workers,
    settleMillis: 11_000,
  });
  return {
    traffic,
    sharesAfter: (seconds) => {
      const within = traffic.admissions.filter((sent) => sent.endedNanos <= seconds * secondNanos);
      const accepted = tokensByFlow(within);
      return withFairShares(
        schedule,
        seconds,
        schedule.flows.map((flow) => accepted[nameOf(flow)] ?? 0),
      );
    },
  };
}

/** Max-min fair: among the workloads by weight, then among the users of each. */
function withFairShares(schedule: Schedule, seconds: number, accepted: readonly number[]): Share[] {
  const names = [...new Set(schedule.flows.map(({ workload }) => workload))];
  const sentOf = (flow: ScheduledFlow) => flow.perSecond * flow.tokens * seconds;
  const claims = names.map((name) => {
    const own = schedule.flows.filter(({ workload }) => workload === name);
    return { weight: 1 / own[0]!.inversePriority, demand: own.reduce((sum, flow) => sum + sentOf(flow), 0) };
  });
  const ofWorkloads = fairShares(claims, schedule.fillPerSecond * seconds);
  return schedule.flows.map((flow, index) => {
    const own = schedule.flows.filter(({ workload }) => workload === flow.workload);
    const shares = fairShares(
      own.map((each) => ({ weight: 1, demand: sentOf(each) })),
      ofWorkloads[names.indexOf(flow.workload)]!,
    );
    return { flow, accepted: accepted[index]!, fair: shares[own.indexOf(flow)]!, sent: sentOf(flow) };
  });
}
