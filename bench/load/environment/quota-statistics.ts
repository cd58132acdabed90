/** What the scheduler says of one workload, since Envoy started. A statistic appears with its first event. */
export interface WorkloadStatistics {
  offered: number;
  admitted: number;
  /** Waits now. */
  queued: number;
  /** Client gone while it waited. */
  abandoned: number;
  refusedDeadline: number;
  refusedFull: number;
  refusedTimeout: number;
  refusedPushedOut: number;
  /** Admitted after a wait. */
  held: number;
}

export type QuotaStatistics = ReadonlyMap<string, WorkloadStatistics>;

/** The statistics of every workload of a scheduler, by the workload's name. */
export async function readQuotaStatistics(adminUrl: string, scheduler: string): Promise<QuotaStatistics> {
  const prefix = `wasmcustom.sluice.quota.${scheduler.replaceAll(/[^A-Za-z0-9/-]/g, '_')}/`;
  const values = await readStatistics(adminUrl, '^wasmcustom\\.sluice\\.quota\\.');
  const names = [...values.keys()].filter((name) => name.startsWith(prefix));
  const workloads = new Set(names.map((name) => name.slice(prefix.length, name.lastIndexOf('.'))));
  return new Map(
    [...workloads].map((workload) => {
      const value = (name: string) => values.get(`${prefix}${workload}.${name}`) ?? 0;
      return [
        workload,
        {
          offered: value('offered'),
          admitted: value('admitted'),
          queued: value('queued'),
          abandoned: value('abandoned'),
          refusedDeadline: value('refused_deadline'),
          refusedFull: value('refused_queue_full'),
          refusedTimeout: value('refused_timeout'),
          refusedPushedOut: value('refused_pushed_out'),
          held: value('preempted') + value('delayed') + value('on_time'),
        },
      ];
    }),
  );
}

/** Counters and gauges whose name the regular expression finds. */
export async function readStatistics(adminUrl: string, filter: string): Promise<Map<string, number>> {
  const answer = await fetch(`${adminUrl}/stats?filter=${encodeURIComponent(filter)}`);
  const values = new Map<string, number>();
  for (const line of (await answer.text()).split('\n')) {
    const colon = line.lastIndexOf(': ');
    const value = Number(line.slice(colon + 2));
    if (colon > 0 && !Number.isNaN(value)) values.set(line.slice(0, colon), value);
  }
  return values;
}
