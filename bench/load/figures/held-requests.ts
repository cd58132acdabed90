import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { poll } from '../../../host/src/proxy/poll.ts';
import { type Answered, startFortio } from '../environment/fortio-client.ts';
import {
  type HeldRequests as HeldClients,
  type HeldLoad,
  sendOverHttp1,
  sendOverHttp2,
} from '../environment/held-requests.ts';
import { residentBytes } from '../environment/process-usage.ts';
import {
  readQuotaStatistics,
  readStatistics,
  type WorkloadStatistics,
} from '../environment/quota-statistics.ts';
import { type StartedSluice, startSluice } from '../environment/sluice.ts';
import { type Check, type Figure, scaled } from './figure.ts';
import { quotaSchedulingPolicy } from './quota-policies.ts';

const workers = 2;
const heldAtOnce = 10_000;
const host = 'held.example';
const scheduler = 'default/held';
const otherHost = 'other.example';
const otherPerSecond = 200;
/** The last of ten thousand would wait 3,333 s. */
const slowPerSecond = 3;
const quickPerSecond = 1_000_000;
/** All of them would go in so long, so none is refused as it comes; then the quota becomes slow. */
const hopefulSeconds = 10;
const briefSeconds = 12;
const patienceMillis = 60_000;
const settleMillis = 1_000;
const mostGrownMebibytes = 8;
/** A busy machine stalls everybody: more is allowed where as many idle connections that end stall as much. */
const longestStallMillis = 200;
const control = 'connections without a request are cut';

interface Phase {
  name: string;
  from: number;
  to: number;
}

/**
 * Ten thousand requests wait at once; their clients vanish, or they are let go, or their time is up. Others go on.
 * The upstream speaks HTTP/2: what is let go at once are requests, not ten thousand new connections.
 */
export const heldRequests: Figure = {
  name: 'held-requests',
  measure: async (scale) => {
    const count = scaled(heldAtOnce, scale);
    const sluice = await startSluice(policy(slowPerSecond), workers, { upstreamProtocol: 'h2c' });
    const others = startFortio({
      name: 'others',
      url: sluice.url,
      headers: [`Host:${otherHost}`],
      connections: 4,
      requestsPerSecond: otherPerSecond,
    });
    try {
      await others.untilRunning();
      const machines = await virtualMachines(sluice);
      const checks: Check[] = [];
      const phases: Phase[] = [];
      const during = async <Result>(name: string, run: () => Promise<Result>): Promise<Result> => {
        const from = Date.now();
        const result = await run();
        phases.push({ name, from, to: Date.now() });
        return result;
      };
      await during('nothing else', () => sleep(2 * settleMillis));
      const idle = await sendOverHttp1({ ...loadOf(sluice, count), host: otherHost });
      await idle.untilAllAnswered(patienceMillis);
      await during(control, () => idle.cut().then(() => sleep(settleMillis)));

      const resident: number[] = [];
      const allocated: number[] = [];
      const vanishings: [string, typeof sendOverHttp2, 'cut' | 'takeBack'][] = [
        ['HTTP/1 connections are cut', sendOverHttp1, 'cut'],
        ['HTTP/2 connections are cut', sendOverHttp2, 'cut'],
        ['HTTP/2 streams are reset', sendOverHttp2, 'takeBack'],
        ['HTTP/1 connections are cut again', sendOverHttp1, 'cut'],
      ];
      for (const [name, send, end] of vanishings) {
        const clients = await during(`${count} come`, () => hold(sluice, send, count));
        const before = await readWorkload(sluice);
        await during(name, () => clients[end]().then(() => untilNobodyWaits(sluice)));
        const after = await readWorkload(sluice);
        checks.push({
          what: `of ${before.queued} requests that wait, left in the queue when their ${name}`,
          expected: `0, all abandoned, at least ${Math.floor(0.99 * count)} had waited`,
          measured: `${after.queued}, ${after.abandoned - before.abandoned} abandoned`,
          passed: before.queued >= 0.99 * count && after.queued === 0,
        });
        resident.push(residentBytes(sluice.envoyProcessId) / 2 ** 20);
        allocated.push((await readMemory(sluice)) / 2 ** 20);
      }
      const grown = resident.at(-1)! - resident[0]!;
      checks.push({
        what: `growth of Envoy's resident memory over three more rounds of ${count}`,
        expected: `at most ${mostGrownMebibytes} MiB`,
        measured: `${grown.toFixed(1)} MiB (after each ${numbers(resident, 0)} MiB, allocated by Envoy itself ${numbers(allocated, 1)} MiB)`,
        passed: grown <= mostGrownMebibytes,
      });
      checks.push(await release(sluice, count, during), await expire(sluice, count, during));

      const after = await readWorkload(sluice);
      const [traps, complaints] = [(await virtualMachines(sluice)) - machines, logComplaints(sluice)];
      checks.push({
        what: 'traps (virtual machines started anew, errors in the log) in all of it',
        expected: '0',
        measured: `${traps}, ${complaints.length}${complaints.map((line) => `; ${line}`).join('')}`,
        passed: traps === 0 && complaints.length === 0,
      });
      checks.push({
        what: 'requests that still wait at the end',
        expected: '0',
        measured: `${after.queued}`,
        passed: after.queued === 0,
      });
      checks.push(...stalls(await others.stop(), phases));
      return checks;
    } finally {
      await others.stop();
      await sluice.stop();
    }
  },
};

/** The quota grows while all of them wait. */
async function release(sluice: StartedSluice, count: number, during: During): Promise<Check> {
  const clients = await hold(sluice, sendOverHttp2, count);
  const { queued } = await readWorkload(sluice);
  const start = performance.now();
  const isDone = await during(`${count} are let go`, () => {
    sluice.edit(policy(quickPerSecond));
    return clients.untilAllAnswered(patienceMillis);
  });
  const seconds = (performance.now() - start) / 1000;
  const check = {
    what: `answers to ${queued} waiting requests after an edit to ${quickPerSecond}/s`,
    expected: `200 to all`,
    measured: `${describe(clients)} in ${seconds.toFixed(2)} s`,
    passed: isDone && clients.answers.get(200) === count,
  };
  await clients.cut();
  return check;
}

/** The quota shrinks while all of them wait, so that their time runs out. */
async function expire(sluice: StartedSluice, count: number, during: During): Promise<Check> {
  sluice.edit(policy(count / hopefulSeconds, `${briefSeconds}s`));
  await sleep(2 * settleMillis);
  const clients = await sendOverHttp2(loadOf(sluice, count));
  await sleep(settleMillis);
  sluice.edit(policy(slowPerSecond, `${briefSeconds}s`));
  await sleep(settleMillis);
  const { queued } = await readWorkload(sluice);
  const isDone = await during(`the time of ${count} is up`, () => clients.untilAllAnswered(patienceMillis));
  const answered = (clients.answers.get(200) ?? 0) + (clients.answers.get(503) ?? 0);
  const check = {
    what: `answers to ${count} requests, of which ${queued} wait when the quota becomes too small for them`,
    expected: `200 or 503 to all, at least ${Math.floor(0.5 * count)} of 503`,
    measured: describe(clients),
    passed: isDone && answered === count && (clients.answers.get(503) ?? 0) >= 0.5 * count,
  };
  await clients.cut();
  return check;
}

type During = <Result>(name: string, run: () => Promise<Result>) => Promise<Result>;

/** Sends them and waits until each waits or has been answered. */
async function hold(sluice: StartedSluice, send: typeof sendOverHttp2, count: number): Promise<HeldClients> {
  const before = await readWorkload(sluice);
  const clients = await send(loadOf(sluice, count));
  await poll(
    async () => ((await readWorkload(sluice)).offered >= before.offered + count ? true : undefined),
    {
      withinMillis: patienceMillis,
      everyMillis: 50,
    },
  );
  return clients;
}

async function untilNobodyWaits(sluice: StartedSluice): Promise<void> {
  await poll(async () => ((await readWorkload(sluice)).queued === 0 ? true : undefined), {
    withinMillis: patienceMillis,
    everyMillis: 50,
  });
  await sleep(settleMillis);
}

const loadOf = (sluice: StartedSluice, requests: number): HeldLoad => ({
  port: sluice.port,
  requests,
  host,
  headers: () => ({ 'x-class': 'all' }),
});

const policy = (perSecond: number, queueTimeout = '1h'): string =>
  quotaSchedulingPolicy({
    name: 'held',
    host,
    capacity: perSecond,
    fillAmount: perSecond,
    fillInterval: '1s',
    workloads: [{ name: 'all', priority: 100, queueTimeout }],
  });

async function readWorkload(sluice: StartedSluice): Promise<WorkloadStatistics> {
  const statistics = await readQuotaStatistics(sluice.adminUrl, scheduler);
  const all = statistics.get('all');
  return all ?? ({ offered: 0, admitted: 0, queued: 0, abandoned: 0 } as WorkloadStatistics);
}

/** Started since Envoy began: one more is one that has trapped. */
async function virtualMachines(sluice: StartedSluice): Promise<number> {
  const statistics = await readStatistics(sluice.adminUrl, '^wasm\\.sluice\\.vm_reload');
  return [...statistics.values()].reduce((sum, value) => sum + value, 0);
}

const logComplaints = (sluice: StartedSluice): string[] =>
  readFileSync(sluice.logPath, 'utf8')
    .split('\n')
    .filter((line) => /\[(error|critical)\]/.test(line));

function stalls(requests: Answered[], phases: Phase[]): Check[] {
  const longest = new Map<string, number>();
  for (const { name, from, to } of phases) {
    const within = requests.filter(({ sentAt, answeredAt }) => answeredAt >= from && sentAt <= to);
    longest.set(name, Math.max(longest.get(name) ?? 0, ...within.map(({ latencyMillis }) => latencyMillis)));
  }
  const strays = requests.filter(({ status }) => status !== 200).length;
  const allowed = Math.max(longestStallMillis, 2 * longest.get(control)!);
  const worst = Math.max(...longest.values());
  return [
    {
      what: `longest answer to ${requests.length} requests of another host meanwhile (${otherPerSecond}/s)`,
      expected: `at most ${allowed.toFixed(0)} ms`,
      measured: [...longest].map(([name, millis]) => `${name}: ${millis.toFixed(1)} ms`).join('; '),
      passed: worst <= allowed,
    },
    {
      what: 'answers other than 200 to those',
      expected: '0',
      measured: `${strays}`,
      passed: strays === 0,
    },
  ];
}

const numbers = (values: number[], digits: number): string =>
  values.map((value) => value.toFixed(digits)).join(', ');

async function readMemory(sluice: StartedSluice): Promise<number> {
  const memory = (await (await fetch(`${sluice.adminUrl}/memory`)).json()) as { allocated: string };
  return Number(memory.allocated);
}

const describe = ({ answers, failed }: HeldClients): string =>
  [
    ...[...answers].map(([status, count]) => `${count} × ${status}`),
    ...(failed > 0 ? [`${failed} without`] : []),
  ].join(', ');
