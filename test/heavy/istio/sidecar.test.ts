import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EchoUpstream, startEchoUpstream } from '../../../host/src/proxy/echo-upstream.ts';
import { httpFilters } from './bed/config-dump.ts';
import { freePorts } from './bed/free-ports.ts';
import type { MeshEnvoy } from './bed/mesh-envoy.ts';
import type { Workload } from './bed/workload.ts';
import { compileToIstio } from './compile-to-istio.ts';
import { statuses } from './get-requests.ts';
import { applyInForce, remove } from './in-force.ts';
import { useIstioBed } from './use-istio-bed.ts';

/** Beside a server that is also a client. Without iptables its listeners are those that a Sidecar names. */
const workload: Workload = {
  type: 'sidecar',
  name: 'shop',
  namespace: 'shop',
  labels: { app: 'shop' },
  address: '10.1.1.2',
  metadata: { INTERCEPTION_MODE: 'NONE' },
};
const TARGET = 'target.example';

const bed = useIstioBed();
let echo: EchoUpstream;
let sidecar: MeshEnvoy;
let inbound: number;
let outbound: number;

beforeAll(async () => {
  echo = await startEchoUpstream();
  [inbound, outbound] = (await freePorts(2)) as [number, number];
  await bed().kubectl(['create', 'namespace', workload.namespace]);
  await bed().apply(sidecarObjects());
  sidecar = await bed().startWorkload(
    workload,
    [{ name: 'http', port: 80, targetPort: inbound }],
    '10.96.1.2',
  );
  await sidecar.until('both listeners to be there', ({ listeners, routes }) => {
    const ports = listeners.map(({ address }) => address.socket_address.port_value);
    const knowsTarget = routes.some(({ virtual_hosts = [] }) =>
      virtual_hosts.some(({ domains }) => domains.includes(TARGET)),
    );
    return ports.includes(inbound) && ports.includes(outbound) && knowsTarget ? true : undefined;
  });
});
afterAll(() => echo?.stop());

const answers = (port: number, host: string, count: number) =>
  statuses({ host: '127.0.0.1', port }, host, count);
const filtersAt = async (port: number) => {
  const { listeners } = await sidecar.configDump();
  const listener = listeners.find(({ address }) => address.socket_address.port_value === port)!;
  return httpFilters(listener).map(({ name }) => name);
};

it('limits what reaches a workload and what leaves it, each at its port alone', async () => {
  expect(await answers(inbound, 'shop', 5)).toEqual(Array(5).fill(200));
  expect(await answers(outbound, TARGET, 5)).toEqual(Array(5).fill(200));
  const documents = await compileToIstio(
    [
      limiter('inbound', 'sidecar_inbound', inbound, 3),
      limiter('outbound', 'sidecar_outbound', outbound, 2),
      limiter('elsewhere', 'sidecar_outbound', 1, 1),
    ].join('\n---\n'),
  );
  await applyInForce(bed(), documents, sidecar);
  expect(await filtersAt(inbound)).toContain('shop.sluice-sidecar-inbound-app-shop');
  expect(await filtersAt(outbound)).toContain('shop.sluice-sidecar-outbound-app-shop');
  expect(await answers(inbound, 'shop', 5)).toEqual([200, 200, 200, 429, 429]);
  expect(await answers(outbound, TARGET, 4)).toEqual([200, 200, 429, 429]);
  expect(await bed().pushErrors()).toEqual([]);

  await remove(bed(), documents, sidecar);
  expect(await answers(inbound, 'shop', 2)).toEqual([200, 200]);
});

it('limits for the whole mesh and for the namespace, both for all pods', async () => {
  const documents = await compileToIstio(
    [
      limiter('everywhere', 'sidecar_inbound', inbound, 3, { namespace: 'istio-system', isForAll: true }),
      limiter('here', 'sidecar_inbound', inbound, 1, { host: 'admin', isForAll: true }),
    ].join('\n---\n'),
  );
  await applyInForce(bed(), documents, sidecar);
  // Istio puts the filter of the root namespace first: what the other refuses has been counted there.
  expect(await answers(inbound, 'admin', 2)).toEqual([200, 429]);
  expect(await answers(inbound, 'shop', 3)).toEqual([200, 429, 429]);
  expect(await bed().pushErrors()).toEqual([]);
  await remove(bed(), documents, sidecar);
});

function limiter(
  name: string,
  applyToTraffic: string,
  port: number,
  quota: number,
  { namespace = workload.namespace, host = '*', isForAll = false } = {},
): string {
  return JSON.stringify({
    apiVersion: 'istio.alibabacloud.com/v1',
    kind: 'ASMLocalRateLimiter',
    metadata: { name, namespace },
    spec: {
      ...(!isForAll && { workloadSelector: { labels: workload.labels } }),
      applyToTraffic,
      configs: [
        { match: { vhost: { name: host, port } }, limit: { fill_interval: { seconds: 3600 }, quota } },
      ],
    },
  });
}

function sidecarObjects(): string {
  const bind = '127.0.0.1';
  const documents = [
    // Nobody is there to give the proxy a certificate.
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: 'default', namespace: workload.namespace },
      spec: { mtls: { mode: 'DISABLE' } },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Sidecar',
      metadata: { name: 'shop', namespace: workload.namespace },
      spec: {
        workloadSelector: { labels: workload.labels },
        ingress: [
          {
            port: { number: inbound, protocol: 'HTTP', name: 'http' },
            bind,
            captureMode: 'NONE',
            defaultEndpoint: `${echo.address.host}:${echo.address.port}`,
          },
        ],
        egress: [
          {
            port: { number: outbound, protocol: 'HTTP', name: 'http' },
            bind,
            captureMode: 'NONE',
            hosts: ['*/*'],
          },
        ],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata: { name: 'target', namespace: workload.namespace },
      spec: {
        hosts: [TARGET],
        resolution: 'STATIC',
        ports: [{ number: outbound, name: 'http', protocol: 'HTTP' }],
        endpoints: [{ address: echo.address.host, ports: { http: echo.address.port } }],
      },
    },
  ];
  return documents.map((each) => JSON.stringify(each)).join('\n---\n');
}
