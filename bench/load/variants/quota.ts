import type { QuotaScheduler } from '../../../host/src/plan/plugin-configuration.ts';
import { keptAliveStatus, quotaSchedulers, saturatedPerSecond } from '../../rules.ts';
import { noFilter } from './no-filter.ts';
import { sluicePlugin } from './sluice.ts';
import type { Pace, Variant } from './variant.ts';

/** Many wait at once, as they do at saturation. */
const manyConnections = 64;
/** What is held back goes at the pace of the quota, so it is compared with as much, as fast, without a filter. */
const pacedBaseline = 'paced-no-filter';
const paced: Pace = { connections: manyConnections, requestsPerSecond: saturatedPerSecond };

export const quotaVariants: Variant[] = [
  quota('quota-host', 'Sluice, quota for one host, nobody waits', quotaSchedulers.oneWorkload),
  quota('quota-workloads', 'Sluice, quota for two workloads, nobody waits', quotaSchedulers.twoWorkloads),
  {
    ...quota('quota-refused', 'Sluice, quota used up, request refused', quotaSchedulers.refused),
    status: keptAliveStatus,
  },
  {
    ...noFilter,
    name: pacedBaseline,
    title: `no filter, ${saturatedPerSecond}/s`,
    baseline: pacedBaseline,
    pace: paced,
  },
  {
    ...quota('quota-held', 'Sluice, quota used up, request held', quotaSchedulers.held),
    baseline: pacedBaseline,
    pace: { connections: manyConnections, requestsPerSecond: 0 },
  },
];

function quota(name: string, title: string, scheduler: QuotaScheduler): Variant {
  return sluicePlugin(name, title, { version: 1, quotaSchedulers: [scheduler] }, 'quota-scheduler.wasm');
}
