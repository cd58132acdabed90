import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, type IncomingHttpHeaders, request } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { limitsPolicy } from './limits-policy.ts';
import { SluiceProcess } from './sluice-process.ts';
import { writeTinyModule } from './tiny-module.ts';

let folder: string;
/** Passes everything, or answers 429 to everything while a policy is named DENY. */
let tinyModule: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
  tinyModule = join(folder, 'tiny.wasm');
  await writeTinyModule(tinyModule);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const anyPorts = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--concurrency', '1'];

async function policyFile(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  localPort: number | undefined;
}

function get(url: string, headers: Record<string, string> = {}, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, ...(agent !== undefined && { agent }) }, async (response) => {
      const localPort = response.socket.localPort;
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode!, headers: response.headers, body, localPort });
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('sluice run', { timeout: 30_000 }, () => {
  test('limits the hosts of a policy, echoes the rest, and ends with 0', async () => {
    const file = await policyFile('limits.yaml', limitsPolicy(2));
    await using sluice = new SluiceProcess(['run', '-f', file, ...anyPorts]);
    const url = await sluice.ready();
    const limited = { host: 'limited.example', 'x-part': 'a' };
    const statuses = [];
    for (let at = 0; at < 4; at++) statuses.push((await get(`${url}/`, limited)).status);
    expect(statuses).toEqual([200, 200, 429, 429]);

    const echoed = await get(`${url}/some/path?q=1`, { host: 'other.example', 'x-twice': 'a, b' });
    expect(echoed.status).toBe(200);
    expect(JSON.parse(echoed.body)).toMatchObject({
      method: 'GET',
      path: '/some/path?q=1',
      headers: { host: ['other.example'], 'x-twice': ['a, b'] },
    });
    expect(sluice.stderr).toContain('echo server');
    sluice.signal('SIGTERM');
    expect(await sluice.exited).toBe(0);
    expect(sluice.stdout).toBe(`ready ${url}\n`);
  });

  test('an edit holds within a second, on the connection that is open', async () => {
    const file = await policyFile('edited.yaml', limitsPolicy(1000));
    await using sluice = new SluiceProcess(['run', '-f', file, ...anyPorts], { SLUICE_MODULE: tinyModule });
    const url = await sluice.ready();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const limited = { host: 'limited.example' };
    const first = await get(`${url}/`, limited, agent);
    expect(first.status).toBe(200);

    for (const [key, status] of [
      ['DENY', 429],
      ['a', 200],
    ] as const) {
      const start = performance.now();
      const draft = await policyFile('.draft', limitsPolicy(1000, key));
      await rename(draft, file);
      let answer: Answer;
      do answer = await get(`${url}/`, limited, agent);
      while (answer.status !== status && performance.now() - start < 5000);
      expect(answer.status).toBe(status);
      expect(performance.now() - start).toBeLessThan(1000);
      expect(answer.localPort).toBe(first.localPort);
    }
    agent.destroy();
  });

  test('an edit with a mistake is reported and changes nothing', async () => {
    const file = await policyFile('mistake.yaml', limitsPolicy(1, 'a'));
    await using sluice = new SluiceProcess(['run', '-f', file, ...anyPorts]);
    const url = await sluice.ready();
    const limited = { host: 'limited.example', 'x-part': 'a' };
    expect((await get(`${url}/`, limited)).status).toBe(200);
    await writeFile(file, limitsPolicy(0));
    await sluice.output('stderr', /mistake\.yaml:\d+:\d+: error: .*maxTokens.*\n.*stay as they were/);
    expect((await get(`${url}/`, limited)).status).toBe(429);

    await writeFile(file, limitsPolicy(1, 'b'));
    await sluice.output('stderr', /updated: 1 rule in force/);
    expect((await get(`${url}/`, limited)).status).toBe(200);
  });

  test('an edit that the module refuses is reported with its reason and changes nothing', async () => {
    const file = await policyFile('refused.yaml', limitsPolicy(1, 'DENY'));
    await using sluice = new SluiceProcess(['run', '-f', file, ...anyPorts], { SLUICE_MODULE: tinyModule });
    const url = await sluice.ready();
    for (let time = 0; time < 2; time++) {
      const from = sluice.stderr.length;
      await writeFile(file, limitsPolicy(1, `'BAD!'${' '.repeat(time)}`));
      await sluice.output('stderr', /Envoy refused the edit: expected no BAD!.*\n.*stay as they were/, from);
      expect((await get(`${url}/`, { host: 'limited.example' })).status).toBe(429);
    }
    await writeFile(file, limitsPolicy(1, 'a'));
    await sluice.output('stderr', /updated: 1 rule in force/);
    expect((await get(`${url}/`, { host: 'limited.example' })).status).toBe(200);
  });

  test('an upstream of its own for a host, and another for the rest', async () => {
    const [one, other] = await Promise.all([upstream('one'), upstream('other')]);
    const file = await policyFile('upstreams.yaml', limitsPolicy(1000));
    await using sluice = new SluiceProcess([
      ...['run', '-f', file, ...anyPorts],
      ...['--upstream', `limited.example=127.0.0.1:${one.port}`, '--upstream', `127.0.0.1:${other.port}`],
    ]);
    const url = await sluice.ready();
    expect((await get(`${url}/`, { host: 'limited.example:8080' })).body).toBe('one');
    expect((await get(`${url}/`, { host: 'b.example' })).body).toBe('other');
    expect(sluice.stderr).not.toContain('echo server');
    one.close();
    other.close();
  });

  test('reads standard input once', async () => {
    await using sluice = SluiceProcess.run(['run', '-f', '-', ...anyPorts], limitsPolicy(1));
    const url = await sluice.ready();
    expect((await get(`${url}/`, { host: 'limited.example', 'x-part': 'a' })).status).toBe(200);
    expect((await get(`${url}/`, { host: 'limited.example', 'x-part': 'a' })).status).toBe(429);
    expect(sluice.stderr).not.toContain('follows');
  });

  test('lets a request that is running finish before it ends', async () => {
    let arrived = () => {};
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    let answer = () => {};
    const slow = createServer((_, response) => {
      arrived();
      answer = () => response.end('late');
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const file = await policyFile('drained.yaml', limitsPolicy(1000));
    await using sluice = new SluiceProcess([
      ...['run', '-f', file, ...anyPorts],
      ...['--upstream', `127.0.0.1:${(slow.address() as AddressInfo).port}`],
    ]);
    const url = await sluice.ready();
    const running = get(`${url}/`);
    await arrival;
    sluice.signal('SIGINT');
    await sluice.output('stderr', /SIGINT: letting running requests finish/);
    answer();
    expect(await running).toMatchObject({ status: 200, body: 'late' });
    expect(await sluice.exited).toBe(0);
    slow.close();
  });

  test('ends with 2 and the last lines of the log when Envoy ends by itself', async () => {
    const file = await policyFile('killed.yaml', limitsPolicy(1));
    await using sluice = new SluiceProcess(['run', '-f', file, ...anyPorts]);
    await sluice.ready();
    const [, pid] = await sluice.output('stderr', /process (\d+)/);
    process.kill(Number(pid), 'SIGKILL');
    expect(await sluice.exited).toBe(2);
    expect(sluice.stderr).toContain('Envoy ended by SIGKILL');
  });

  test.each(['--listen', '--admin'])('names the %s address when another process has it', async (option) => {
    const busy = createTcpServer();
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    const { port } = busy.address() as AddressInfo;
    const file = await policyFile('busy.yaml', limitsPolicy(1));
    await using sluice = new SluiceProcess(['run', '-f', file, ...anyPorts, option, `127.0.0.1:${port}`]);
    expect(await sluice.exited).toBe(2);
    expect(sluice.stderr).toContain(`expected 127.0.0.1:${port} to be free`);
    expect(sluice.stderr).toContain(option);
    busy.close();
  });

  test('refuses a broken module before Envoy sees it', async () => {
    const broken = join(folder, 'broken.wasm');
    await writeFile(broken, Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    const file = await policyFile('broken.yaml', limitsPolicy(1));
    await using sluice = new SluiceProcess(['run', '-f', file, ...anyPorts], { SLUICE_MODULE: broken });
    expect(await sluice.exited).toBe(2);
    expect(sluice.stderr).toContain('broken.wasm');
    expect(sluice.stderr).toContain('proxy_abi_version_0_2_1');
  });

  test('mistakes at the start are all reported, with exit code 1', async () => {
    const file = await policyFile('bad.yaml', limitsPolicy(0).replace('1h', 'soon'));
    await using sluice = new SluiceProcess(['run', '-f', file, ...anyPorts]);
    expect(await sluice.exited).toBe(1);
    expect(sluice.stderr.match(/bad\.yaml:\d+:\d+: error: /g)).toHaveLength(2);
    expect(sluice.stdout).toBe('');
  });

  test('a missing file is a fault of the environment', async () => {
    await using sluice = new SluiceProcess(['run', '-f', join(folder, 'missing.yaml'), ...anyPorts]);
    expect(await sluice.exited).toBe(2);
    expect(sluice.stderr).toContain('missing.yaml');
  });
});

async function upstream(body: string): Promise<{ port: number; close(): void }> {
  const server = createServer((_, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
