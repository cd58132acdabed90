import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startEchoUpstream } from '../../../host/src/proxy/echo-upstream.ts';
import { wasmFilters } from './bed/config-dump.ts';
import { type CompileOptions, compileToIstio, objectsIn } from './compile-to-istio.ts';
import { fourFunctions, hosts } from './four-functions.ts';
import { get, statuses } from './get-requests.ts';
import { applyInForce, remove } from './in-force.ts';
import { type ModuleServer, startModuleServer } from './module-server.ts';
import { trafficDocuments } from './traffic.ts';
import { useIstioBed } from './use-istio-bed.ts';

/** What istiod calls the cluster of a remote module: Istio's agent fetches it and needs none. Here Envoy does. */
const AGENTS_CLUSTER = '_';
const PROXY = 'istio-ingressgateway.istio-system';

let modules: ModuleServer;
const stops: (() => Promise<void>)[] = [];
const bed = useIstioBed(async () => {
  modules = await startModuleServer();
  stops.push(modules.stop);
  return { clusters: { [AGENTS_CLUSTER]: modules.address } };
});

beforeAll(async () => {
  const echo = await startEchoUpstream();
  stops.push(echo.stop);
  const routes = [{ name: 'all', pathPrefix: '/' }];
  const traffic = { hosts: [{ domains: Object.values(hosts), routes, upstream: echo.address }] };
  await applyInForce(bed(), trafficDocuments(traffic));
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

const answers = (host: string, count: number) => statuses(bed().gatewayAddress, host, count);
const answeredBy = async () => (await get(bed().gatewayAddress, hosts.headers)).headers['x-answered'];
const limitOfFive = [200, 200, 200, 200, 200, 429, 429, 429];

/** Applies policies until the end of the test. */
async function applied(policies: string, options: CompileOptions): Promise<string> {
  const documents = await compileToIstio(policies, options);
  onTestFinished(() => remove(bed(), documents));
  await applyInForce(bed(), documents);
  return documents;
}

describe.each(['WasmPlugin', 'TrafficExtension'] as const)('the four functions as a %s', (resource) => {
  it('limits, edits while it runs and is deleted, with the module in a file', async () => {
    await bed().restartGateway();
    const first = await applied(fourFunctions(), { resource });
    expect(await answers(hosts.limited, 8)).toEqual(limitOfFive);
    expect(await answeredBy()).toBe('200-first');

    const second = await applied(fourFunctions({ header: 'second' }), { resource });
    expect(namesIn(second)).toEqual(namesIn(first));
    expect(await answeredBy()).toBe('200-second');
    expect(await answers(hosts.limited, 2)).toEqual([429, 429]);
    expect(await bed().pushErrors()).toEqual([]);

    await remove(bed(), second);
    expect(await answers(hosts.limited, 2)).toEqual([200, 200]);
  });

  it('reaches Envoy as text, with the root context and the failure policy', async () => {
    await applied(fourFunctions(), { resource });
    const filters = wasmFilters(await bed().gateway.configDump());
    expect(filters).toHaveLength(1);
    expect(filters[0]!.config).toMatchObject({
      root_id: 'sluice',
      failure_policy: 'FAIL_RELOAD',
      configuration: { '@type': 'type.googleapis.com/google.protobuf.StringValue' },
    });
  });

  it('limits with a module that Envoy fetches', async () => {
    await bed().restartGateway();
    const before = modules.downloads;
    await applied(fourFunctions(), {
      resource,
      moduleSource: `http://modules.example/sluice.wasm#sha256=${modules.sha256}`,
    });
    await untilFetched();
    expect(modules.downloads).toBe(before + 1);
    expect(await answers(hosts.limited, 8)).toEqual(limitOfFive);
  });
});

it('limits as an EnvoyFilter with a module that Envoy fetches', async () => {
  await bed().restartGateway();
  const { host, port } = modules.address;
  await applied(fourFunctions(), {
    moduleSource: `http://${host}:${port}/sluice.wasm#sha256=${modules.sha256}`,
  });
  await untilFetched();
  expect(await answers(hosts.limited, 8)).toEqual(limitOfFive);
});

/** Envoy cannot fetch these without Istio's agent, and refuses a remote module without its digest. */
describe.each([
  ['WasmPlugin', 'https://modules.example/sluice.wasm'],
  ['WasmPlugin', 'oci://modules.example/sluice:1'],
  ['TrafficExtension', 'https://modules.example/sluice.wasm'],
  ['TrafficExtension', 'oci://modules.example/sluice:1'],
] as const)('a %s with a module from %s', (resource, moduleSource) => {
  it('is accepted, and translated for the agent', async () => {
    const documents = await compileToIstio(fourFunctions(), { resource, moduleSource });
    onTestFinished(() => remove(bed(), documents));
    await bed().apply(documents);
    const filter = await bed().istiod.process.until('istiod to have translated it', async () => {
      const dump = JSON.parse(await bed().istiod.page(`/debug/config_dump?proxyID=${PROXY}`));
      return objectsWith('rootId', dump).find((each) => JSON.stringify(each).includes(moduleSource));
    });
    expect(filter).toMatchObject({
      rootId: 'sluice',
      failurePolicy: 'FAIL_RELOAD',
      vmConfig: { code: { remote: { httpUri: { uri: moduleSource, cluster: AGENTS_CLUSTER } } } },
    });
  });
});

function namesIn(documents: string): string[] {
  return objectsIn(documents).map(({ metadata }) => metadata.name);
}

function objectsWith(key: string, value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap((each) => objectsWith(key, each));
  return key in value ? [value, ...inside] : inside;
}

/** While Envoy fetches, and until a worker has its VM, requests are refused with 503: nobody gets past a limit. */
async function untilFetched(): Promise<void> {
  await bed().gateway.process.until('Envoy to serve with the module', async () => {
    const { status } = await get(bed().gatewayAddress, hosts.headers);
    expect([200, 503]).toContain(status);
    return status === 200 ? true : undefined;
  });
}
