import { afterAll, beforeAll, expect, it } from 'vitest';
import { startScriptedUpstream } from '../../behaviour/scripted-upstream.ts';
import { wasmFilters } from './bed/config-dump.ts';
import { compileToIstio } from './compile-to-istio.ts';
import { statuses } from './get-requests.ts';
import { applyInForce, remove } from './in-force.ts';
import { trafficDocuments } from './traffic.ts';
import { useIstioBed } from './use-istio-bed.ts';

const HOSTS = ['one.example', 'two.example'] as const;

const bed = useIstioBed();
let stopUpstream: (() => Promise<void>) | undefined;

beforeAll(async () => {
  const { address, stop } = await startScriptedUpstream();
  stopUpstream = stop;
  const routes = [{ name: 'all', pathPrefix: '/' }];
  await applyInForce(
    bed(),
    trafficDocuments({ hosts: [{ domains: [...HOSTS], routes, upstream: address }] }),
  );
});
afterAll(() => stopUpstream?.());

const answers = (host: string) => statuses(bed().gatewayAddress, host, 3);

function limitFor(host: string, set: string): Promise<string> {
  const policy = {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'RateLimitPolicy',
    metadata: { name: set },
    spec: {
      targetRefs: [{ kind: 'VirtualHost', name: host }],
      rules: [{ name: 'all', limit: { tokenBucket: { maxTokens: 2, fillInterval: '1h' } } }],
    },
  };
  return compileToIstio(JSON.stringify(policy), { more: ['--set', set] });
}

it('keeps the limits of files that are compiled apart, each under its own name', async () => {
  const [first, second] = await Promise.all([limitFor(HOSTS[0], 'first'), limitFor(HOSTS[1], 'second')]);
  await applyInForce(bed(), first);
  expect(await answers(HOSTS[0])).toEqual([200, 200, 429]);
  expect(await answers(HOSTS[1])).toEqual([200, 200, 200]);
  await applyInForce(bed(), second);
  expect(wasmFilters(await bed().gateway.configDump())).toHaveLength(2);
  expect(await answers(HOSTS[0])).toEqual([429, 429, 429]);
  expect(await answers(HOSTS[1])).toEqual([200, 200, 429]);
  await remove(bed(), first);
  expect(await answers(HOSTS[0])).toEqual([200, 200, 200]);
  expect(await answers(HOSTS[1])).toEqual([429, 429, 429]);
});
