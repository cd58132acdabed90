import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEchoUpstream } from '../../../host/src/proxy/echo-upstream.ts';
import { SCRIPT, startScriptedUpstream } from '../../behaviour/scripted-upstream.ts';
import type { UpstreamScript } from '../../behaviour/upstream-script.ts';
import { wasmFilters } from './bed/config-dump.ts';
import { compileToIstio } from './compile-to-istio.ts';
import { findings } from './findings.ts';
import { fourFunctions, hosts } from './four-functions.ts';
import { get, statuses } from './get-requests.ts';
import { applyInForce, remove } from './in-force.ts';
import { trafficDocuments } from './traffic.ts';
import { useIstioBed } from './use-istio-bed.ts';

const bed = useIstioBed();
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const upstream = await startScriptedUpstream();
  const echo = await startEchoUpstream();
  stops.push(upstream.stop, echo.stop);
  const routes = [{ name: 'all', pathPrefix: '/' }];
  const { headers, ...others } = hosts;
  const traffic = trafficDocuments({
    hosts: [
      { domains: Object.values(others), routes, upstream: upstream.address },
      { domains: [headers], routes, upstream: echo.address },
    ],
  });
  await applyInForce(bed(), traffic);
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

const answers = (host: string, count: number, script: UpstreamScript = 'ok') =>
  statuses(bed().gatewayAddress, host, count, { headers: { [SCRIPT]: script } });

describe('the four functions as EnvoyFilters on a gateway', () => {
  let documents: string;

  it('is accepted by the API server and reaches the gateway', async () => {
    expect(await answers(hosts.limited, 8)).toEqual(Array(8).fill(200));
    documents = await compileToIstio(fourFunctions());
    await applyInForce(bed(), documents);
  });

  it('limits', async () => {
    expect(await answers(hosts.limited, 8)).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    expect(await answers(hosts.edited, 3)).toEqual([200, 200, 429]);
  });

  it('writes refusals to the access log as what they are', async () => {
    const lines = await bed().gateway.process.until('the access log to have the requests', async () => {
      const found = (await bed().accessLog()).split('\n').filter((line) => line.includes(hosts.limited));
      return found.length >= 16 ? found : undefined;
    });
    const codes = lines.map((line) => /HTTP\/1\.1" (\d+)/.exec(line)?.[1]);
    expect(codes).toEqual([...Array(13).fill('200'), ...Array(3).fill('429')]);
    expect(lines.filter((line) => line.includes('sluice_rate_limited'))).toHaveLength(3);
  });

  it('holds requests until their token comes', async () => {
    const sent = Array.from({ length: 4 }, () => get(bed().gatewayAddress, hosts.scheduled));
    const all = await Promise.all(sent);
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const waited = all.map(({ waitedMillis }) => waitedMillis).sort((left, right) => left - right);
    expect(waited[3]).toBeGreaterThanOrEqual(600);
  });

  it('breaks', async () => {
    expect(await answers(hosts.broken, 3, 'status 500')).toEqual([500, 500, 500]);
    expect(await answers(hosts.broken, 2)).toEqual([503, 503]);
  });

  it('edits headers of requests and responses', async () => {
    const { headers, body } = await get(bed().gatewayAddress, hosts.headers);
    expect(headers['x-answered']).toBe('200-first');
    expect(JSON.parse(body).headers['x-asked']).toEqual(['first']);
  });

  it('takes an edit while it runs, and keeps connections and the state of policies that it does not touch', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const onOneConnection = async () =>
      (await get(bed().gatewayAddress, hosts.headers, { agent })).headers['x-answered'];
    expect(await onOneConnection()).toBe('200-first');
    const before = await listenerChanges();
    documents = await compileToIstio(fourFunctions({ editedTokens: 7, header: 'second' }));
    await applyInForce(bed(), documents);
    expect(await onOneConnection()).toBe('200-second');
    expect(await listenerChanges()).toEqual(before);
    agent.destroy();
    expect(await answers(hosts.limited, 2)).toEqual([429, 429]);
    expect(await answers(hosts.broken, 1)).toEqual([503]);
    // Two of seven are spent already.
    expect(await answers(hosts.edited, 7)).toEqual([200, 200, 200, 200, 200, 429, 429]);
  });

  it('is what the control plane takes without an error and its tools without a finding', async () => {
    expect(await bed().pushErrors()).toEqual([]);
    expect(await findings(bed(), documents)).toEqual([]);
  });

  it('is gone when its documents are deleted', async () => {
    await remove(bed(), documents);
    expect(wasmFilters(await bed().gateway.configDump())).toEqual([]);
    expect(await answers(hosts.limited, 3)).toEqual([200, 200, 200]);
    expect(await answers(hosts.broken, 1)).toEqual([200]);
  });
});

/** An edit that replaced a listener would leave its connections with what was before. */
async function listenerChanges(): Promise<Map<string, string>> {
  return bed().gateway.admin.stats(
    '^listener_manager\\.listener_(modified|in_place_updated|create_success)$',
  );
}
