import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEchoUpstream } from '../../../host/src/proxy/echo-upstream.ts';
import { wasmFilters } from './bed/config-dump.ts';
import { type EnvoyGateway, startEnvoyGateway } from './bed/envoy-gateway.ts';
import { compileToEnvoyGateway, pluginsIn } from './compile-to-istio.ts';
import { fourFunctions, hosts } from './four-functions.ts';
import { get, statuses } from './get-requests.ts';
import { type ModuleServer, startModuleServer } from './module-server.ts';

let modules: ModuleServer;
let gateway: EnvoyGateway;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  modules = await startModuleServer();
  stops.push(modules.stop);
  const echo = await startEchoUpstream();
  stops.push(echo.stop);
  gateway = await startEnvoyGateway(echo.address);
  stops.push(gateway.stop);
});
afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.error(`${task.name}:\n${gateway.process.lastLines()}`);
});
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});

const compile = (policies: string) => {
  const { host, port } = modules.address;
  return compileToEnvoyGateway(policies, `http://${host}:${port}/sluice.wasm#sha256=${modules.sha256}`);
};
const answers = (host: string, count: number) => statuses(gateway.address, host, count);
/** Undefined until the gateway listens. */
const answeredBy = () =>
  get(gateway.address, hosts.headers).then(
    ({ headers }) => headers['x-answered'],
    () => undefined,
  );

describe('the four functions as an EnvoyExtensionPolicy', () => {
  let documents: string;

  it('is accepted, and its module is fetched and loaded', async () => {
    documents = await compile(fourFunctions());
    await gateway.write('policies.yaml', documents);
    await gateway.process.until('the policy to be accepted', () =>
      /Got new status for EnvoyExtensionPolicy.*Policy has been accepted/s.test(gateway.process.log)
        ? true
        : undefined,
    );
    await gateway.process.until('the gateway to serve with the filter', async () =>
      (await answeredBy()) === '200-first' ? true : undefined,
    );
    expect(modules.downloads).toBe(1);
  });

  it('reaches Envoy as text with every number as it was', async () => {
    const filters = wasmFilters((await gateway.configDump())!);
    expect(filters).toHaveLength(1);
    const { config } = filters[0]!;
    expect(config).toMatchObject({ name: 'sluice', root_id: 'sluice' });
    expect(JSON.parse(String(config.configuration?.value))).toEqual(pluginsInPolicy(documents));
  });

  it('limits, and edits headers of requests and responses', async () => {
    expect(await answers(hosts.limited, 8)).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    const { body } = await get(gateway.address, hosts.headers);
    expect(JSON.parse(body).headers['x-asked']).toEqual(['first']);
  });

  it('takes an edit while it runs, and keeps the state of policies that the edit does not touch', async () => {
    await gateway.write('policies.yaml', await compile(fourFunctions({ header: 'second' })));
    await gateway.process.until('the edit to be in force', async () =>
      (await answeredBy()) === '200-second' ? true : undefined,
    );
    expect(await answers(hosts.limited, 2)).toEqual([429, 429]);
  });

  it('is gone when its file is deleted', async () => {
    await gateway.remove('policies.yaml');
    await gateway.process.until('the policy to be gone', async () =>
      (await get(gateway.address, hosts.headers)).headers['x-answered'] === undefined ? true : undefined,
    );
    expect(await answers(hosts.limited, 2)).toEqual([200, 200]);
  });
});

function pluginsInPolicy(documents: string): unknown {
  const plugins = pluginsIn(documents);
  expect(plugins).toHaveLength(1);
  return plugins[0];
}
