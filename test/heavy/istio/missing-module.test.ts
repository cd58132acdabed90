import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EchoUpstream, startEchoUpstream } from '../../../host/src/proxy/echo-upstream.ts';
import { httpFilters } from './bed/config-dump.ts';
import { compileToIstio } from './compile-to-istio.ts';
import { statuses } from './get-requests.ts';
import { applyInForce, remove } from './in-force.ts';
import { trafficDocuments } from './traffic.ts';
import { useIstioBed } from './use-istio-bed.ts';

const HOST = 'shop.example';

const bed = useIstioBed();
let echo: EchoUpstream;

beforeAll(async () => {
  echo = await startEchoUpstream();
  const routes = [{ name: 'all', pathPrefix: '/' }];
  await applyInForce(
    bed(),
    trafficDocuments({ hosts: [{ domains: [HOST], routes, upstream: echo.address }] }),
  );
});
afterAll(() => echo?.stop());

const policy = JSON.stringify({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'RateLimitPolicy',
  metadata: { name: 'limit' },
  spec: { rules: [{ name: 'all', limit: { tokenBucket: { maxTokens: 2, fillInterval: '1h' } } }] },
});

/** Applies the policy with a module that no proxy has; resolves when a listener in force has its filter. */
async function apply(set: string, failurePolicy: string): Promise<string> {
  const more = ['--set', set, '--failure-policy', failurePolicy];
  const documents = await compileToIstio(policy, { moduleSource: 'file:/nowhere/sluice.wasm', more });
  await bed().apply(documents);
  await bed().gateway.until(`a listener to have the filter of ${set}`, ({ listeners }) =>
    listeners.flatMap(httpFilters).find(({ name }) => name.endsWith(`--${set}`)),
  );
  return documents;
}

const answers = () => statuses(bed().gatewayAddress, HOST, 5);

it('lets nobody past a filter whose module is not there, unless it is to fail open', async () => {
  const documents = await apply('open', 'FAIL_OPEN');
  expect(await answers()).toEqual(Array(5).fill(200));
  await remove(bed(), documents);
  await apply('closed', 'FAIL_RELOAD');
  expect(await answers()).toEqual(Array(5).fill(500));
});
