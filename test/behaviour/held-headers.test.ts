import { afterAll, beforeAll, expect, it } from 'vitest';
import { plan } from '../../host/src/plan/plan-policies.ts';
import { parse } from '../../host/src/policy/parse.ts';
import { validate } from '../../host/src/policy/validate.ts';
import { type HeaderProxy, valuesOf } from './header-case.ts';
import { envoyHeaderProxy } from './header-proxies.ts';

/** What waits in real Envoy: edited when it arrives, seen by the upstream when it is let go. */
const policies = `
apiVersion: sluice.dev/v1alpha1
kind: QuotaSchedulingPolicy
metadata: { name: q }
spec:
  quota: { capacity: 1, fillInterval: 300ms }
  workloads: [{ name: patient, match: { headers: [{ name: x-wait, present: true }] }, queueTimeout: 2s }]
  defaultWorkload: { queueTimeout: 1ms }
---
apiVersion: sluice.dev/v1alpha1
kind: HeaderPolicy
metadata: { name: h }
spec:
  rules:
  - name: h
    request:
    - set: { name: x-decided, value: "{scheduler} {workload} {request.header.x-wait}" }
    - remove: { name: x-wait }
    response:
    - set: { name: x-decided, value: "{workload} {request.header.x-wait} {response.status}" }
`;

let proxy: HeaderProxy;
beforeAll(async () => {
  const { documents } = parse([{ name: 'policies.yaml', text: policies }]);
  proxy = await envoyHeaderProxy(plan(validate(documents).policies).plan);
});
afterAll(() => proxy?.stop());

it('requests that wait are edited, and so are the answers to those that do not get in', async () => {
  const waits = ['a', 'b', 'c'].map((id) => proxy.send('a.example', { headers: [['x-wait', id]] }));
  const refused = await proxy.send('a.example', {});
  expect(refused.status).toBe(503);
  expect(refused.upstream).toBeUndefined();
  expect(valuesOf(refused.client, 'x-decided')).toEqual(['default  503']);
  for (const [index, outcome] of (await Promise.all(waits)).entries()) {
    const id = ['a', 'b', 'c'][index];
    expect(outcome.status).toBe(200);
    expect(valuesOf(outcome.upstream!, 'x-decided')).toEqual([`default/q patient ${id}`]);
    expect(valuesOf(outcome.upstream!, 'x-wait')).toBeNull();
    expect(valuesOf(outcome.client, 'x-decided')).toEqual([`patient ${id} 200`]);
  }
});
