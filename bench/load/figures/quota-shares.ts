import { type QuotaStatistics, readQuotaStatistics } from '../environment/quota-statistics.ts';
import { runSideBySide, type Window, type WindowOfClient } from '../environment/side-by-side.ts';
import { startSluice } from '../environment/sluice.ts';
import { type Check, type Figure, scaled } from './figure.ts';
import { seedHost, seedPolicy, seedScheduler } from './quota-policies.ts';

const workerCounts = [1, 2];
const seconds = 60;
const leadSeconds = 2;
const offeredPerSecond = 20;
const tolerancePerSecond = 0.2;
const toleranceOfShare = 2;
/** By weight 50 and 200 of 10 a second. */
const expectedPerSecond = { guest: 2, subscriber: 8 };
const lightPerSecond = { guest: 2, subscriber: 5 };
const lightSeconds = 30;

type UserType = keyof typeof expectedPerSecond;
const userTypes: UserType[] = ['guest', 'subscriber'];

interface Measured {
  window: Window;
  /** Of Envoy, at the opening and at the closing of the window. */
  before: QuotaStatistics;
  after: QuotaStatistics;
}

/** Two fortio loads of 20/s on the policy that users have, counted by the clients and by the scheduler itself. */
export const quotaShares: Figure = {
  name: 'quota-shares',
  measure: async (scale) => {
    const checks: Check[] = [];
    for (const workers of workerCounts) {
      const measured = await measure(
        workers,
        { guest: offeredPerSecond, subscriber: offeredPerSecond },
        Math.max(10, scaled(seconds, scale)),
      );
      checks.push(...checkShares(measured, workers));
    }
    return checks;
  },
};

/** As long as the quota is not used up nobody waits, so the wait that is added has a p99 of 0. */
export const quotaLightLoad: Figure = {
  name: 'quota-light-load',
  measure: async (scale) => {
    const checks: Check[] = [];
    for (const workers of workerCounts) {
      const { window, after } = await measure(
        workers,
        lightPerSecond,
        Math.max(10, scaled(lightSeconds, scale)),
      );
      const held = userTypes.map((userType) => after.get(userType)?.held ?? 0);
      const p99 = window.clients.map((client) => `${client.latency(99).toFixed(2)} ms`);
      const load = userTypes.map((userType) => `${lightPerSecond[userType]}/s ${userType}`).join(' and ');
      checks.push({
        what: `requests that waited under ${load} of 10/s, concurrency ${workers}`,
        expected: '0',
        measured: `${held.reduce((sum, count) => sum + count, 0)} (p99 of the whole answer: ${p99.join(', ')})`,
        passed: held.every((count) => count === 0),
      });
    }
    return checks;
  },
};

async function measure(
  workers: number,
  perSecond: Record<UserType, number>,
  windowSeconds: number,
): Promise<Measured> {
  const sluice = await startSluice(seedPolicy, workers);
  try {
    const read = () => readQuotaStatistics(sluice.adminUrl, seedScheduler);
    let [before, after]: QuotaStatistics[] = [];
    const window = await runSideBySide({
      clients: userTypes.map((userType) => ({
        name: userType,
        url: sluice.url,
        headers: [`Host:${seedHost}`, `user_type:${userType}`],
        connections: 4,
        requestsPerSecond: perSecond[userType],
      })),
      seconds: windowSeconds,
      leadSeconds,
      onProgress: async () => {
        after = await read();
        before ??= after;
      },
    });
    return { window, before: before!, after: after! };
  } finally {
    await sluice.stop();
  }
}

function checkShares({ window, before, after }: Measured, workers: number): Check[] {
  const under = `in ${window.seconds.toFixed(0)} s of 20/s each, concurrency ${workers}`;
  const [guest, subscriber] = window.clients as [WindowOfClient, WindowOfClient];
  const total = guest.admitted + subscriber.admitted;
  return [
    ...userTypes.map((userType, index) => {
      const perSecond = window.clients[index]!.admitted / window.seconds;
      const counted = after.get(userType)!.admitted - before.get(userType)!.admitted;
      const expected = expectedPerSecond[userType];
      return {
        what: `${userType} admitted ${under}`,
        expected: `${expected} ± ${tolerancePerSecond} a second`,
        measured: `${perSecond.toFixed(2)} (by Envoy's counters ${(counted / window.seconds).toFixed(2)})`,
        passed: Math.abs(perSecond - expected) <= tolerancePerSecond,
      };
    }),
    {
      what: `shares of guest and subscriber ${under}`,
      expected: `20 ± ${toleranceOfShare} % and 80 ± ${toleranceOfShare} %`,
      measured: `${percent(guest.admitted, total)} and ${percent(subscriber.admitted, total)}`,
      passed: Math.abs((100 * guest.admitted) / total - 20) <= toleranceOfShare,
    },
    {
      what: `latency of subscribers beside guests ${under}`,
      expected: 'lower',
      measured: [subscriber, guest]
        .map((client) => `p50 ${client.latency(50).toFixed(0)} ms, p99 ${client.latency(99).toFixed(0)} ms`)
        .join(' beside '),
      passed: subscriber.latency(50) < guest.latency(50) && subscriber.latency(99) < guest.latency(99),
    },
  ];
}

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
