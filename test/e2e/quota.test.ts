import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sendOverHttp1, sendOverHttp2 } from '../../bench/load/environment/held-requests.ts';
import {
  readQuotaStatistics,
  type WorkloadStatistics,
} from '../../bench/load/environment/quota-statistics.ts';
import { runSideBySide } from '../../bench/load/environment/side-by-side.ts';
import { loadPlan } from '../../host/src/cli/load-plan.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { poll } from '../../host/src/proxy/poll.ts';
import { servePlan } from '../../host/src/proxy/serve-plan.ts';
import { formatSocketAddress } from '../../host/src/proxy/socket-address.ts';
import { sluiceModule } from '../module/modules.ts';
import { SluiceProcess } from './sluice-process.ts';

const seedPolicy = join(import.meta.dirname, '../../examples/seed-policies/quota-scheduling-policy.yaml');
const scheduler = 'istio-system/quotascheduling';
const host = 'httpbin-00001-private.default.svc.cluster.local';
/** Of the policy: tokens a second, and at once. */
const [quota, burst] = [10, 10];

const guests = { host, headers: () => ({ user_type: 'guest' }) };

describe('a quota in real Envoy', { timeout: 60_000 }, () => {
  test.concurrent.each([1, 2])(
    'is shared 1 : 4 by guests and subscribers who ask for more, with %i workers',
    async (workers) => {
      await using gateway = await serve(workers);
      const window = await runSideBySide({
        clients: clientsOf(gateway.url, { guest: 20, subscriber: 20 }),
        seconds: 12,
        leadSeconds: 2,
      });
      const servedSeconds = (Date.now() - gateway.startedAt) / 1000;
      const [guest, subscriber] = window.clients;
      const total = guest!.admitted + subscriber!.admitted;
      expect(guest!.refused + subscriber!.refused).toBe(0);
      expect(Math.abs(guest!.admitted / total - 0.2)).toBeLessThanOrEqual(0.05);
      expect(total).toBeGreaterThan(0.9 * quota * window.seconds);
      expect(guest!.latency(50)).toBeGreaterThan(subscriber!.latency(50));

      const statistics = [...(await gateway.statistics()).values()];
      const admitted = sum(statistics, 'admitted');
      expect(admitted).toBeLessThanOrEqual(quota * servedSeconds + burst);
      expect(admitted).toBeGreaterThanOrEqual(total);
    },
  );

  test('holds nobody back who asks for less than there is', async () => {
    await using gateway = await serve(2);
    const window = await runSideBySide({
      clients: clientsOf(gateway.url, { guest: 2, subscriber: 4 }),
      seconds: 4,
      leadSeconds: 0,
    });
    expect(window.clients.map(({ refused }) => refused)).toEqual([0, 0]);
    expect(sum([...(await gateway.statistics()).values()], 'held')).toBe(0);
  });

  test.each([
    { how: 'whose connections are cut', send: sendOverHttp1, end: 'cut' },
    { how: 'whose streams are reset', send: sendOverHttp2, end: 'takeBack' },
  ] as const)('forgets waiting requests $how', async ({ send, end }) => {
    await using gateway = await serve(2);
    const clients = await send({ port: gateway.port, requests: 40, ...guests });
    await until(async () => (await guestStatistics(gateway)).offered === 40);
    expect((await guestStatistics(gateway)).queued).toBeGreaterThan(20);

    await clients[end]();
    await until(async () => (await guestStatistics(gateway)).queued === 0);
    const { admitted, abandoned } = await guestStatistics(gateway);
    expect(abandoned).toBeGreaterThan(20);
    expect(admitted + abandoned).toBe(40);
  });

  test.each([
    { protocol: 'HTTP/1', send: sendOverHttp1 },
    { protocol: 'HTTP/2', send: sendOverHttp2 },
  ])('every request that waits gets an answer when sluice is told to end ($protocol)', async ({ send }) => {
    const anyPorts = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--concurrency', '2'];
    await using sluice = new SluiceProcess(['run', '-f', seedPolicy, ...anyPorts]);
    const { port } = new URL(await sluice.ready());
    const [, adminUrl] = await sluice.output('stderr', /admin +(http:\S+)/);
    const clients = await send({ port: Number(port), requests: 120, ...guests });
    await until(async () => {
      const guest = (await readQuotaStatistics(adminUrl!, scheduler)).get('guest');
      return guest?.offered === 120 && guest.queued > 10;
    });
    sluice.signal('SIGTERM');
    expect(await sluice.exited).toBe(0);
    expect(await clients.untilAllAnswered(1_000)).toBe(true);
    expect(clients.failed).toBe(0);
    expect([...clients.answers]).toEqual([[200, 120]]);
  });

  test('an edit that takes the quota away lets go of who waits for it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-quota-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'edited.yaml');
    await writeFile(file, policyText(3));
    await using gateway = await serve(2, file);
    const load = { host: 'edited.example', headers: () => ({}) };
    const clients = await sendOverHttp2({ port: gateway.port, requests: 200, ...load });
    const statistics = () => readQuotaStatistics(gateway.adminUrl, 'default/edited');
    await until(async () => (await statistics()).get('default')?.offered === 200);
    expect((await statistics()).get('default')!.queued).toBeGreaterThan(150);
    await writeFile(file, policyText(1_000_000));
    const { plan } = await loadPlan([file], { strict: true });
    expect(await gateway.update(plan!)).toMatchObject({ accepted: true });
    expect(await clients.untilAllAnswered(10_000)).toBe(true);
    expect([...clients.answers]).toEqual([[200, 200]]);
    await clients.cut();
  });
});

const policyText = (perSecond: number): string => `apiVersion: sluice.dev/v1alpha1
kind: QuotaSchedulingPolicy
metadata: {name: edited, namespace: default}
spec:
  targetRefs: [{group: sluice.dev, kind: VirtualHost, name: edited.example}]
  quota: {capacity: ${perSecond}, fillInterval: 1s}
  defaultWorkload: {queueTimeout: 1h}
`;

/** The policy of a file in an Envoy of its own, in front of the echo server. */
async function serve(concurrency: number, file = seedPolicy) {
  const { plan } = await loadPlan([file], { strict: true });
  const any = { host: '127.0.0.1', port: 0 };
  const { path: envoyPath } = await findEnvoy();
  const startedAt = Date.now();
  const served = await servePlan(plan!, {
    envoyPath,
    modulePath: sluiceModule,
    listen: any,
    admin: any,
    concurrency,
  });
  const adminUrl = `http://${formatSocketAddress(served.envoy.adminAddress)}`;
  return {
    startedAt,
    port: served.envoy.listenAddress.port,
    url: `http://${formatSocketAddress(served.envoy.listenAddress)}/`,
    adminUrl,
    statistics: () => readQuotaStatistics(adminUrl, scheduler),
    update: served.update,
    [Symbol.asyncDispose]: () => served.stop(),
  };
}

const clientsOf = (url: string, perSecond: Record<string, number>) =>
  Object.entries(perSecond).map(([name, requestsPerSecond]) => ({
    name,
    url,
    headers: [`Host:${host}`, `user_type:${name}`],
    connections: 4,
    requestsPerSecond,
  }));

async function guestStatistics(gateway: {
  statistics(): ReturnType<typeof readQuotaStatistics>;
}): Promise<WorkloadStatistics> {
  return (await gateway.statistics()).get('guest') ?? ({ offered: 0, queued: 0 } as WorkloadStatistics);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const held = await poll(async () => ((await holds()) ? true : undefined), {
    withinMillis: 10_000,
    everyMillis: 20,
  });
  expect(held, `${holds} to hold within 10 s`).toBe(true);
}

const sum = (statistics: WorkloadStatistics[], name: keyof WorkloadStatistics): number =>
  statistics.reduce((total, each) => total + each[name], 0);
