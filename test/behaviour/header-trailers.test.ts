import { connect, createServer, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { type ServedPlan, servePlan } from '../../host/src/proxy/serve-plan.ts';
import { createSimulator } from '../../host/src/simulator/index.ts';
import { headerConfiguration } from '../module/header-modules.ts';
import { sluiceModule } from '../module/modules.ts';

/** Trailers as gRPC has them, over HTTP/2 on both sides. */
const plugin = headerConfiguration({
  requestTrailers: [
    { edit: 'set', name: 'x-method', value: '{request.method} {request.header.x-id}' },
    { edit: 'rename', from: 'x-sum', name: 'x-checksum' },
    { edit: 'remove', name: 'x-internal' },
  ],
  responseTrailers: [
    {
      edit: 'set',
      name: 'x-status',
      value: '{response.status} {request.header.x-id}',
      statuses: [[200, 299]],
    },
    { edit: 'removePrefix', prefix: 'x-debug-' },
    { edit: 'add', name: 'x-other', value: '3' },
  ],
});
const sent = { request: { 'x-sum': 's', 'x-internal': 'i' }, response: { 'x-debug-a': '1', 'x-other': '2' } };
const expected = {
  upstream: { 'x-method': 'POST 7', 'x-checksum': 's' },
  client: { 'x-status': '200 7', 'x-other': '2, 3' },
};

describe('trailers', () => {
  const upstreamTrailers: IncomingHttpHeaders[] = [];
  const upstream = createServer((request, response) => {
    request.on('end', () => {
      upstreamTrailers.push(request.trailers);
      response.addTrailers(sent.response);
      response.end('body');
    });
    request.resume();
  });
  let served: ServedPlan;

  beforeAll(async () => {
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const any = { host: '127.0.0.1', port: 0 };
    served = await servePlan(
      {
        plugin,
        virtualHosts: [
          { name: '*', domains: ['*'], routes: [{ name: 'default', pathPrefix: '/', filtered: true }] },
        ],
      },
      {
        envoyPath: (await findEnvoy()).path,
        modulePath: sluiceModule,
        listen: any,
        admin: any,
        upstream: {
          host: '127.0.0.1',
          port: (upstream.address() as AddressInfo).port,
          protocol: 'h2c',
        },
        concurrency: 1,
      },
    );
  });
  afterAll(async () => {
    await served?.stop();
    upstream.close();
  });

  it('are edited in Envoy', async () => {
    const client = connect(`http://127.0.0.1:${served.envoy.listenAddress.port}`);
    const trailers = await new Promise<IncomingHttpHeaders>((resolve, reject) => {
      const stream = client.request(
        { ':method': 'POST', ':path': '/', 'x-id': '7' },
        { waitForTrailers: true },
      );
      let received: IncomingHttpHeaders = {};
      stream.on('wantTrailers', () => stream.sendTrailers(sent.request));
      stream.on('trailers', (headers) => (received = headers));
      stream.on('error', reject);
      stream.on('close', () => resolve(received));
      stream.resume();
      stream.end('body');
    });
    client.close();
    expect(Object.fromEntries(Object.entries(upstreamTrailers.at(-1)!))).toEqual(expected.upstream);
    expect(Object.fromEntries(Object.entries(trailers))).toEqual(expected.client);
  });

  it('are edited in the simulator', () => {
    const simulator = createSimulator({ module: sluiceModule, configuration: plugin });
    const stream = simulator.request({
      method: 'POST',
      headers: { 'x-id': '7' },
      body: 'body',
      trailers: sent.request,
    });
    const { trailers } = stream.respond({ body: 'body', trailers: sent.response });
    expect(Object.fromEntries(stream.requestTrailers())).toEqual(expected.upstream);
    const values = (name: string) => trailers.filter(([each]) => each === name).map(([, value]) => value);
    expect(Object.fromEntries(trailers.map(([name]) => [name, values(name).join(', ')]))).toEqual(
      expected.client,
    );
  });
});
