import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { plan } from '../../../host/src/plan/plan-policies.ts';
import { findContainerEngine } from '../../../host/src/proxy/container/container-engine.ts';
import { servePlan } from '../../../host/src/proxy/serve-plan.ts';
import { limitsPolicy } from '../../e2e/limits-policy.ts';
import { SluiceProcess } from '../../e2e/sluice-process.ts';
import { writeTinyModule } from '../../e2e/tiny-module.ts';
import { sluiceModule } from '../../module/modules.ts';
import { askEngine, sluiceContainers } from './engine-requests.ts';

let folder: string;
/** Answers 429 to everything while a policy names DENY, and refuses one that names BAD!. */
let tinyModule: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-heavy-'));
  tinyModule = join(folder, 'tiny.wasm');
  await writeTinyModule(tinyModule);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
// Whatever a test does to it, no container outlives `sluice run`.
afterEach(async () => expect(await sluiceContainers()).toEqual([]));

const anyPorts = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--concurrency', '1'];

/** Running requests get 60 s at the end where a request may wait that long. */
const longWaits = `---
apiVersion: sluice.dev/v1alpha1
kind: QuotaSchedulingPolicy
metadata: {name: waits, namespace: default}
spec:
  quota: {capacity: 10, fillInterval: 1s}
  workloads: [{name: all, priority: 10, queueTimeout: 60s}]
`;

async function policyFile(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

function inContainer(file: string, words: string[] = [], environment: NodeJS.ProcessEnv = {}): SluiceProcess {
  return new SluiceProcess(['run', '--engine', 'container', '-f', file, ...anyPorts, ...words], environment);
}

const limited = { host: 'limited.example', 'x-part': 'a' };

async function statusOf(
  url: string,
  headers: Record<string, string> = limited,
  agent?: Agent,
): Promise<number> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(`${url}/`, { headers, ...(agent !== undefined && { agent }) }, resolve);
    sent.on('error', reject);
    sent.end();
  });
  for await (const _ of response);
  return response.statusCode!;
}

/** A server that says when a request has come, and answers it when told. */
async function slowUpstream() {
  const arrived = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  const server = createServer(async (_, response) => {
    arrived.resolve();
    await mayAnswer.promise;
    response.end('late');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, arrived: arrived.promise, answer: () => mayAnswer.resolve() };
}

describe('sluice run --engine container', () => {
  test('is ready, limits, follows an edit, and ends with 0', async () => {
    const file = await policyFile('limits.yaml', limitsPolicy(2));
    await using sluice = inContainer(file);
    const url = await sluice.ready();
    const [, image, name] = await sluice.output(
      'stderr',
      /Envoy 1\.40\.0 \((\S+), container (\S+)\), 1 rule/,
    );
    expect(image).toBe('envoyproxy/envoy:v1.40.0');
    expect(await sluiceContainers()).toEqual([name]);
    const statuses = [];
    for (let count = 0; count < 4; count++) statuses.push(await statusOf(url));
    expect(statuses).toEqual([200, 200, 429, 429]);

    await writeFile(file, limitsPolicy(1, 'b'));
    await sluice.output('stderr', /updated: 1 rule in force/);
    expect(await statusOf(url)).toBe(200);

    sluice.signal('SIGTERM');
    expect(await sluice.exited).toBe(0);
    expect(sluice.stdout).toBe(`ready ${url}\n`);
  });

  test('an edit holds within a second, on the connection that is open', async () => {
    const file = await policyFile('edited.yaml', limitsPolicy(1000));
    await using sluice = inContainer(file, [], { SLUICE_MODULE: tinyModule });
    const url = await sluice.ready();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    expect(await statusOf(url, limited, agent)).toBe(200);
    for (const [part, status] of [
      ['DENY', 429],
      ['a', 200],
    ] as const) {
      const start = performance.now();
      await rename(await policyFile('.draft', limitsPolicy(1000, part)), file);
      let got: number;
      do got = await statusOf(url, limited, agent);
      while (got !== status && performance.now() - start < 5000);
      expect(got).toBe(status);
      expect(performance.now() - start).toBeLessThan(1000);
    }
  });

  test("says why the module refused an edit, out of the container's log", async () => {
    const file = await policyFile('refused.yaml', limitsPolicy(1, 'DENY'));
    await using sluice = inContainer(file, [], { SLUICE_MODULE: tinyModule });
    const url = await sluice.ready();
    await writeFile(file, limitsPolicy(1, "'BAD!'"));
    await sluice.output('stderr', /Envoy refused the edit: expected no BAD!.*\n.*stay as they were/);
    expect(await statusOf(url)).toBe(429);
  });

  test.each(['a file', '/dev/stdout'])('writes the access log to %s', async (place) => {
    const path = place === 'a file' ? join(folder, 'new-access.log') : place;
    await using sluice = inContainer(await policyFile('log.yaml', limitsPolicy(1)), ['--access-log', path]);
    const url = await sluice.ready();
    expect([await statusOf(url), await statusOf(url)]).toEqual([200, 429]);
    sluice.signal('SIGTERM');
    expect(await sluice.exited).toBe(0);
    const log = place === 'a file' ? await readFile(path, 'utf8') : sluice.stdout;
    expect(log).toMatch(/"GET \/ HTTP\/1\.1" 200 .*\n.*"GET \/ HTTP\/1\.1" 429 .*\n$/);
  });

  test('lets a request that is running finish before it ends', async () => {
    const upstream = await slowUpstream();
    const file = await policyFile('drained.yaml', limitsPolicy(1000));
    await using sluice = inContainer(file, ['--upstream', upstream.address]);
    const running = statusOf(await sluice.ready());
    await upstream.arrived;
    sluice.signal('SIGINT');
    await sluice.output('stderr', /SIGINT: letting running requests finish/);
    upstream.answer();
    expect(await running).toBe(200);
    expect(await sluice.exited).toBe(0);
  });

  test('a second signal ends it while a request is still running', async () => {
    const upstream = await slowUpstream();
    const file = await policyFile('hurried.yaml', limitsPolicy(1000) + longWaits);
    await using sluice = inContainer(file, ['--upstream', upstream.address]);
    const running = statusOf(await sluice.ready()).catch((error: Error) => error);
    await upstream.arrived;
    sluice.signal('SIGTERM');
    await sluice.output('stderr', /SIGTERM: letting running requests finish/);
    const hurried = performance.now();
    sluice.signal('SIGTERM');
    expect(await sluice.exited).toBe(0);
    expect(performance.now() - hurried).toBeLessThan(30_000);
    expect(await running).toBeInstanceOf(Error);
  });

  test('ends with 2 and the end of the log when somebody kills the container', async () => {
    await using sluice = inContainer(await policyFile('killed.yaml', limitsPolicy(1)));
    await sluice.ready();
    const [name] = await sluiceContainers();
    await askEngine('POST', `/containers/${name}/kill?signal=SIGKILL`);
    expect(await sluice.exited).toBe(2);
    expect(sluice.stderr).toContain('Envoy ended by SIGKILL; the end of its log');
  });

  test('names an image that cannot be had, and one without Envoy in it', async () => {
    const file = await policyFile('image.yaml', limitsPolicy(1));
    await using missing = inContainer(file, ['--image', 'sluice.invalid/nothing:1']);
    expect(await missing.exited).toBe(2);
    expect(missing.stderr).toContain('pulling sluice.invalid/nothing:1\n');
    expect(missing.stderr).toContain('expected the image sluice.invalid/nothing:1');

    // An archive without a file in it.
    await askEngine('POST', '/images/create?fromSrc=-&repo=localhost/sluice-empty', Buffer.alloc(10_240));
    onTestFinished(async () => void (await askEngine('DELETE', '/images/localhost/sluice-empty:latest')));
    await using empty = inContainer(file, ['--image', 'localhost/sluice-empty:latest']);
    expect(await empty.exited).toBe(2);
    expect(empty.stderr).toMatch(/Envoy could not be started in a container: .*\/usr\/local\/bin\/envoy/);
  });

  test("says how to do without testcontainers' cleaner when that cannot be had", async () => {
    const file = await policyFile('cleaner.yaml', limitsPolicy(1));
    const wantsOne = { TESTCONTAINERS_RYUK_DISABLED: 'false', RYUK_CONTAINER_IMAGE: 'sluice.invalid/ryuk:1' };
    await using sluice = inContainer(file, [], wantsOne);
    expect(await sluice.exited).toBe(2);
    expect(sluice.stderr).toMatch(
      /did not start: .*ryuk:1.*; TESTCONTAINERS_RYUK_DISABLED=true does without it/,
    );
  });

  test('says so when the container does not share the network of this machine', async () => {
    const any = { host: '127.0.0.1', port: 0 };
    const served = servePlan(plan([]).plan, {
      engine: await findContainerEngine({ networkMode: 'none' }),
      modulePath: sluiceModule,
      listen: any,
      admin: any,
      concurrency: 1,
    });
    await expect(served).rejects.toThrow(/its admin 127\.0\.0\.1:\d+ cannot be reached: .*Docker Desktop/);
  });
});
