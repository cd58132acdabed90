import type { PluginConfiguration } from './plugin-configuration.ts';

/** What a caller that says nothing waits for, where a scheduler does not say either. */
const defaultTimeoutNanos = 15_000_000_000;

/** Nanoseconds that a request may be held at most; 0 when none is. A caller's own deadline only makes it shorter. */
export function longestWaitNanos({ quotaSchedulers = [] }: PluginConfiguration): number {
  return Math.max(
    0,
    ...quotaSchedulers.flatMap((scheduler) => [
      scheduler.requestTimeoutNanos ?? defaultTimeoutNanos,
      scheduler.defaultWorkload?.queueTimeoutNanos ?? 0,
      ...(scheduler.workloads ?? []).map((workload) => workload.queueTimeoutNanos ?? 0),
    ]),
  );
}
