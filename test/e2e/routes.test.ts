import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { poll } from '../../host/src/proxy/poll.ts';
import { SluiceProcess } from './sluice-process.ts';

const seeds = join(import.meta.dirname, '../../examples/seed-policies');
const anyPorts = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--concurrency', '1'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-routes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Answer {
  status: number;
  body: string;
}

function get(
  url: string,
  host: string,
  headers: Record<string, string> = {},
  agent?: Agent,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers: { ...headers, host }, ...(agent && { agent }) }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode!, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** A server of a status, which answers with its name and the headers it received. */
async function startServer(name: string, status = 200): Promise<{ server: Server; address: string }> {
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, response) => {
    response.writeHead(status);
    response.end(JSON.stringify({ name, headers: incoming.headers }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('the published KIngress', { timeout: 30_000 }, () => {
  const file = join(seeds, 'as-published-kingress.yaml');
  const published = {
    'knative-serving-default-route': 'true',
    'knative-serving-namespace': 'default',
    'knative-serving-revision': 'httpbin-00001',
  };

  test('is served with its headers, and its cluster-local hosts on the local listener only', async () => {
    const httpbin = await startServer('httpbin');
    await using sluice = new SluiceProcess([
      ...['run', '-f', file, ...anyPorts, '--listen-local', '127.0.0.1:0'],
      ...['--upstream', `httpbin-00001.default=${httpbin.address}`],
    ]);
    const external = await sluice.ready();
    const [, local] = await sluice.output('stderr', /local +(http:\S+)/);
    const forged = { 'Knative-Serving-Revision': 'forged', 'Knative-Serving-Default-Route': 'forged' };
    const answer = await get(external, 'httpbin.default.example.com', forged);
    expect(JSON.parse(answer.body)).toMatchObject({ name: 'httpbin', headers: published });
    for (const host of ['httpbin.default', 'httpbin.default.svc', 'httpbin.default.svc.cluster.local']) {
      expect((await get(external, host)).status, host).toBe(404);
      expect(JSON.parse((await get(local!, host, forged)).body), host).toMatchObject({ headers: published });
    }
    expect((await get(external, 'httpbin-00001.default')).status).toBe(404);
    expect(sluice.stderr).not.toContain('warning:');
    httpbin.server.close();
  });

  test('says which hosts are not served without a local listener', async () => {
    await using sluice = new SluiceProcess(['run', '-f', file, ...anyPorts]);
    const external = await sluice.ready();
    expect(sluice.stderr).toMatch(/warning: expected --listen-local .*httpbin\.default, .* are not served/);
    expect((await get(external, 'httpbin.default')).status).toBe(404);
    expect((await get(external, 'httpbin.default.example.com')).status).toBe(200);
  });
});

test('the published DestinationRule ejects a failing server, as Envoy says', {
  timeout: 60_000,
}, async () => {
  const [good, bad] = await Promise.all([startServer('good'), startServer('bad', 500)]);
  await using sluice = new SluiceProcess([
    ...['run', '-f', join(seeds, 'as-published-destination-rule.yaml'), ...anyPorts],
    ...['--upstream', `httpbin-00001-private=${good.address}`],
    ...['--upstream', `httpbin-00001-private=${bad.address}`],
  ]);
  const url = await sluice.ready();
  const [, admin] = await sluice.output('stderr', /admin +(http:\S+)/);
  const statuses: number[] = [];
  for (let at = 0; at < 20; at++) {
    statuses.push((await get(url, 'httpbin-00001-private.default.svc.cluster.local')).status);
  }
  // Three consecutive errors, as the file says, and then none.
  expect(statuses.filter((status) => status === 500)).toHaveLength(3);
  expect(statuses.slice(-10)).toEqual(Array(10).fill(200));
  const { body } = await get(
    `${admin}/stats?filter=httpbin-00001-private.*outlier_detection.ejections_active`,
    'admin',
  );
  expect(body).toMatch(
    /^cluster\.httpbin-00001-private\.default\.svc\.cluster\.local\.outlier_detection\.ejections_active: 1$/m,
  );
  good.server.close();
  bad.server.close();
});

test('servers of the own zone are preferred, and others take over when they fail', {
  timeout: 60_000,
}, async () => {
  const [near, far] = await Promise.all([startServer('near', 503), startServer('far')]);
  const endpoint = ({ address }: { address: string }, locality: string) => {
    const [host, port] = address.split(':');
    return `{address: ${host}, ports: {http: ${port}}, locality: ${locality}}`;
  };
  const file = join(folder, 'zones.yaml');
  await writeFile(
    file,
    `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: shop}
spec:
  hosts: [shop.example]
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [${endpoint(near, 'r/here')}, ${endpoint(far, 'r/there')}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: shop}
spec:
  host: shop.example
  trafficPolicy: {outlierDetection: {consecutive5xxErrors: 5, interval: 10s, maxEjectionPercent: 100}}
`,
  );
  await using sluice = new SluiceProcess(['run', '-f', file, ...anyPorts, '--locality', 'r/here']);
  const url = await sluice.ready();
  const names: string[] = [];
  for (let at = 0; at < 12; at++) names.push(JSON.parse((await get(url, 'shop.example')).body).name);
  expect(names).toEqual([...Array(5).fill('near'), ...Array(7).fill('far')]);
  near.server.close();
  far.server.close();
});

test('edits of routes and servers take effect under load, and no request fails', {
  timeout: 60_000,
}, async () => {
  const [one, two] = await Promise.all([startServer('one'), startServer('two')]);
  const file = join(folder, 'edited.yaml');
  const edit = async (number: number) => {
    const target = number % 2 === 0 ? one : two;
    const [host, port] = target.address.split(':');
    const draft = join(folder, '.draft');
    await writeFile(
      draft,
      `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: shop}
spec:
  hosts: [shop.example]
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: ${host}, ports: {http: ${port}}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
  hosts: [front.example]
  http:
  - name: edit-${number}
    headers: {request: {set: {x-edit: "${number}"}}}
    route:
    - {destination: {host: ${number % 3 === 0 ? 'shop.example' : `shop-${number}`}}}
`,
    );
    await rename(draft, file);
  };
  await edit(0);
  await using sluice = new SluiceProcess([
    ...['run', '-f', file, ...anyPorts, '--listen-local', '127.0.0.1:0'],
    ...['--upstream', one.address],
  ]);
  const url = await sluice.ready();
  const [, local] = await sluice.output('stderr', /local +(http:\S+)/);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const statuses = new Map<number, number>();
  let last = '';
  let editing = true;
  const client = async (place: string) => {
    while (editing) {
      const answer = await get(place, 'front.example', {}, agent);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      if (answer.status === 200) last = JSON.parse(answer.body).headers['x-edit'];
    }
  };
  const clients = Promise.all([url, url, local!, local!].map(client));
  for (let number = 1; number <= 12; number++) {
    await edit(number);
    expect(
      await poll(() => (last === String(number) ? true : undefined), { withinMillis: 5000, everyMillis: 5 }),
    ).toBe(true);
  }
  editing = false;
  await clients;
  agent.destroy();
  expect([...statuses.keys()]).toEqual([200]);
  one.server.close();
  two.server.close();
});
