import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { Plan } from '../../host/src/plan/plan.ts';
import { plan } from '../../host/src/plan/plan-policies.ts';
import { parse } from '../../host/src/policy/parse.ts';
import { validate } from '../../host/src/policy/validate.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { type ServedPlan, servePlan } from '../../host/src/proxy/serve-plan.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../behaviour/scripted-upstream.ts';
import { circuitBreakerModule, sluiceModule } from '../module/modules.ts';

const anyPort = { host: '127.0.0.1', port: 0 };
const workers = 2;

let upstream: ScriptedUpstream;
let served: ServedPlan;
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

function planOf(policies: string): Plan {
  const validated = validate(parse([{ name: 'policies.yaml', text: policies }]).documents);
  const planned = plan(validated.policies);
  expect(planned.diagnostics).toEqual([]);
  return planned.plan;
}

async function serve(policies: string, modulePath: string): Promise<void> {
  const planned = planOf(policies);
  upstream = await startScriptedUpstream();
  served = await servePlan(planned, {
    envoyPath: (await findEnvoy()).path,
    modulePath,
    listen: anyPort,
    admin: anyPort,
    concurrency: workers,
    upstream: upstream.address,
  });
}

afterEach(async () => {
  await served?.stop();
  await upstream?.stop();
});

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

function request(headers: Record<string, string> = {}): Promise<Answer> {
  const { host, port } = served.envoy.listenAddress;
  return new Promise((resolve, reject) => {
    get({ host, port, agent, headers }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.once('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    }).once('error', reject);
  });
}

/** Requests over four connections at once, so that every worker has some. */
async function requests(count: number, headers: Record<string, string> = {}): Promise<Answer[]> {
  const answers: Answer[] = [];
  let left = count;
  const client = async () => {
    while (left-- > 0) answers.push(await request(headers));
  };
  await Promise.all(Array.from({ length: 4 }, client));
  return answers;
}

const policy = (breaker: string) => `
apiVersion: sluice.dev/v1alpha1
kind: CircuitBreakerPolicy
metadata: { name: e2e }
spec:
  breakers:
  - name: a
${breaker.trim().replace(/^/gm, '    ')}
`;

test.each([
  ['sluice.wasm', sluiceModule],
  ['circuit-breaker.wasm', circuitBreakerModule],
])(
  '%s opens within the minimum and a call a worker, keeps the upstream free, and recovers in time',
  async (_, module) => {
    await serve(
      policy(`
failureRate: 40
minimumCalls: 10
open: { duration: 2s }
halfOpen: { probes: 3 }
response: { status: 418 }`),
      module,
    );
    // Every second call fails; two clients, as many calls under way as there are workers.
    let sent = 0;
    const client = async () => {
      for (;;) {
        const { status } = await request({ 'x-upstream': sent++ % 2 === 0 ? 'status 500' : 'ok' });
        if (status === 418) return;
        expect(sent).toBeLessThan(100);
      }
    };
    await Promise.all([client(), client()]);
    const opened = performance.now();
    expect(upstream.requests).toBeLessThanOrEqual(10 + workers);

    // The upstream hears nothing while it is open.
    const before = upstream.requests;
    const refused = await requests(400);
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([418]));
    expect(refused.map(({ headers }) => Number(headers['retry-after']))).toEqual(
      refused.map(() => expect.closeTo(2, -0.31)),
    );
    expect(upstream.requests).toBe(before);

    // It heals: probes pass, and the rest follow.
    let streak = 0;
    while (streak < 50) streak = (await request()).status === 200 ? streak + 1 : 0;
    const recovered = performance.now() - opened;
    expect(recovered).toBeGreaterThan(1800);
    expect(recovered).toBeLessThan(3000);
  },
);

test('a hanging upstream never has more probes than are permitted', async () => {
  await serve(
    policy(`
consecutiveFailures: 3
open: { duration: 300ms, backoffFactor: 100 }
halfOpen: { probes: 2 }
response: { status: 418 }`),
    sluiceModule,
  );
  await requests(20, { 'x-upstream': 'status 500' });
  const before = upstream.requests;
  await sleep(400);
  // Until the route's timeout of 15 s.
  const hanging = requests(40, { 'x-upstream': 'slow 60000' });
  await sleep(2000);
  expect(upstream.requests - before).toBe(2);
  // Timeouts are failures: it opens again.
  const statuses = (await hanging).map(({ status }) => status);
  expect(statuses.filter((status) => status === 504)).toHaveLength(2);
  expect(statuses.filter((status) => status === 418)).toHaveLength(38);
  expect((await request()).status).toBe(418);
});

test('the seed policy answers 498 after the sixth slow request at the latest, for as long as it says', async () => {
  const seed = readFileSync(
    join(import.meta.dirname, '../../examples/seed-policies/asm-circuit-breaker.yaml'),
    'utf8',
  );
  await serve(seed.replace('break_duration: 60s', 'break_duration: 2s'), sluiceModule);
  const headers = { host: 'httpbin-00001-private.default.svc.cluster.local' };
  let slow = 0;
  while ((await request({ ...headers, 'x-upstream': 'slow 600' })).status === 200) slow++;
  expect(slow).toBe(6);
  const refused = await request(headers);
  expect(refused).toMatchObject({
    status: 498,
    body: 'delay break!',
    headers: { 'x-envoy-overload': 'true' },
  });
  expect((await request()).status).toBe(200);
  await sleep(2100);
  for (let count = 0; count < 10; count++) expect((await request(headers)).status).toBe(200);
});

test('an edit that begins to measure time takes effect, and other breakers keep their state', async () => {
  const failing = `
consecutiveFailures: 3
open: { duration: 60s }
response: { status: 418 }
match: { headers: [{ name: x-failing, exact: 'yes' }] }`;
  const slow = `
  - name: b
    maxSlowCalls: 0
    slowCallDuration: 200ms
    minimumCalls: 1
    open: { duration: 60s }
    response: { status: 419 }
`;
  await serve(policy(failing), circuitBreakerModule);
  await requests(20, { 'x-upstream': 'status 500', 'x-failing': 'yes' });
  expect((await request({ 'x-failing': 'yes' })).status).toBe(418);
  expect((await request({ 'x-upstream': 'slow 300' })).status).toBe(200);

  expect(await served.update(planOf(policy(failing).trimEnd() + slow))).toEqual({ accepted: true });
  expect((await request({ 'x-failing': 'yes' })).status).toBe(418);
  expect((await request({ 'x-upstream': 'slow 300' })).status).toBe(200);
  expect((await request()).status).toBe(419);

  expect(await served.update(planOf(policy(failing)))).toEqual({ accepted: true });
  expect((await request({ 'x-failing': 'yes' })).status).toBe(418);
  expect((await request()).status).toBe(200);
});
