import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type EchoUpstream, startEchoUpstream } from '../../../host/src/proxy/echo-upstream.ts';
import { freePorts } from './bed/free-ports.ts';
import type { MeshEnvoy } from './bed/mesh-envoy.ts';
import type { Workload } from './bed/workload.ts';
import { compileToIstio } from './compile-to-istio.ts';
import { statuses } from './get-requests.ts';
import { applyInForce, remove } from './in-force.ts';
import { useIstioBed } from './use-istio-bed.ts';

/** The pods that Istio runs for a Gateway of Gateway API, by the names it gives to them. */
const edge: Workload = {
  type: 'router',
  name: 'edge-istio',
  namespace: 'infra',
  labels: { 'gateway.networking.k8s.io/gateway-name': 'edge' },
  address: '10.1.1.3',
};
const UPSTREAM = 'upstream.bed.internal';
const HOST = 'shop.example';

/** What routes of Gateway API lead to: a service has no endpoints on loopback. */
const BACKEND = { group: 'networking.istio.io', kind: 'Hostname', name: UPSTREAM, port: 80 };

const bed = useIstioBed(() => ({ definitions: ['istio', 'gateway-api'] }));
let echo: EchoUpstream;

beforeAll(async () => {
  echo = await startEchoUpstream();
  for (const namespace of ['infra', 'shop']) await bed().kubectl(['create', 'namespace', namespace]);
  await bed().apply(
    JSON.stringify({
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata: { name: 'upstream', namespace: 'istio-system' },
      spec: {
        hosts: [UPSTREAM],
        resolution: 'STATIC',
        ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
        endpoints: [{ address: echo.address.host, ports: { http: echo.address.port } }],
      },
    }),
  );
});
afterAll(() => echo?.stop());

const answers = (port: number, path: string, count: number) =>
  statuses({ host: '127.0.0.1', port }, HOST, count, { path });

/** Routes and a policy in force on a proxy until the end of the test. */
async function inForce(
  routing: object[],
  policy: object,
  proxy: MeshEnvoy,
  more: string[] = [],
): Promise<void> {
  const text = (objects: object[]) => objects.map((each) => JSON.stringify(each)).join('\n---\n');
  const filters = await compileToIstio(text([...routing, policy]), { more });
  const documents = `${text(routing)}\n---\n${filters}`;
  onTestFinished(() => remove(bed(), documents, proxy));
  await applyInForce(bed(), documents, proxy);
  await proxy.until('the proxy to serve the host', ({ routes }) =>
    routes.find(({ virtual_hosts = [] }) => virtual_hosts.some(({ domains }) => domains.includes(HOST))),
  );
}

/** A Gateway, and a VirtualService with the routes `api` and `rest`. */
function virtualService(): object[] {
  const destination = [{ destination: { host: UPSTREAM, port: { number: 80 } } }];
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'bed', namespace: 'istio-system' },
      spec: {
        selector: { istio: 'ingressgateway' },
        servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'], bind: '127.0.0.1' }],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'shop', namespace: 'shop' },
      spec: {
        hosts: [HOST],
        gateways: ['istio-system/bed'],
        http: [
          { name: 'api', match: [{ uri: { prefix: '/api' } }], route: destination },
          { name: 'rest', route: destination },
        ],
      },
    },
  ];
}

it('limits the route of a VirtualService alone', async () => {
  const target = { group: 'networking.istio.io', kind: 'VirtualService', name: 'shop', sectionName: 'api' };
  await inForce(virtualService(), limiter(target), bed().gateway);
  const { port } = bed().gatewayAddress;
  expect(await answers(port, '/', 4)).toEqual([200, 200, 200, 200]);
  expect(await answers(port, '/api/cart', 4)).toEqual([200, 200, 429, 429]);
});

it('lets pass what --bypass names, with the filter at the place that --filter-position names', async () => {
  const more = ['--filter-position', 'first', '--bypass', `${HOST}:80/api`];
  await inForce(
    virtualService(),
    limiter({ kind: 'VirtualHost', name: HOST }, 'all-but-one'),
    bed().gateway,
    more,
  );
  const { port } = bed().gatewayAddress;
  expect(await answers(port, '/', 4)).toEqual([200, 200, 429, 429]);
  expect(await answers(port, '/api/cart', 4)).toEqual([200, 200, 200, 200]);
});

it('limits the section of an HTTPRoute alone, on the pods of its Gateway', async () => {
  const [port] = (await freePorts(1)) as [number];
  const proxy = await bed().startWorkload(edge, [{ name: 'http', port: 80, targetPort: port }], '10.96.1.3');
  const backendRefs = [BACKEND];
  const path = (value: string) => [{ path: { type: 'PathPrefix', value } }];
  const routing = [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'edge', namespace: 'infra' },
      spec: {
        gatewayClassName: 'istio',
        listeners: [
          { name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } },
        ],
      },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'cart', namespace: 'shop' },
      spec: {
        parentRefs: [{ name: 'edge', namespace: 'infra' }],
        hostnames: [HOST],
        rules: [
          { name: 'api', matches: path('/api'), backendRefs },
          { matches: path('/'), backendRefs },
        ],
      },
    },
  ];
  const target = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', name: 'cart', sectionName: 'api' };
  await inForce(routing, limiter(target), proxy);
  expect(await answers(port, '/', 4)).toEqual([200, 200, 200, 200]);
  expect(await answers(port, '/api/cart', 4)).toEqual([200, 200, 429, 429]);
});

/** A bucket outlives its filter: what is limited anew has another name. */
function limiter(target: object, name = 'limiter'): object {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'RateLimitPolicy',
    metadata: { name, namespace: 'shop' },
    spec: {
      targetRefs: [target],
      rules: [{ name: 'all', limit: { tokenBucket: { maxTokens: 2, fillInterval: '3600s' } } }],
    },
  };
}
