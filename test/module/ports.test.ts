import { expect, it } from 'vitest';
import type { PluginConfiguration } from '../../host/src/plan/plugin-configuration.ts';
import { modulePath } from '../../host/src/proxy/module-path.ts';
import { createSimulator } from '../../host/src/simulator/index.ts';
import { isAdmitted, tokenBucket } from './modules.ts';

/** Rules of port 80 with an empty bucket: a request that is refused is one of theirs. */
function isRefused(portsFrom: PluginConfiguration['portsFrom'], request: object): boolean {
  const configuration: PluginConfiguration = {
    version: 1,
    rateLimits: [{ name: 'a', ports: [80], limit: tokenBucket(1, 3600) }],
    ...(portsFrom !== undefined && { portsFrom }),
  };
  const simulator = createSimulator({ module: modulePath(), configuration });
  isAdmitted(simulator, { authority: 'a.example', virtualHostName: 'a.example:80' });
  return !isAdmitted(simulator, request);
}

it.each([
  ['a.example', true],
  ['a.example:80', true],
  ['a.example:30080', false],
])('finds the port of a rule in the authority %s: %s', (authority, refused) => {
  for (const portsFrom of [undefined, 'authority'] as const) {
    expect(isRefused(portsFrom, { authority, virtualHostName: 'a.example:443' })).toBe(refused);
  }
});

it.each([
  ['a.example:80', true],
  ['*:80', true],
  ['inbound|http|80', true],
  ['a.example:443', false],
  ['inbound|http|8080', false],
  ['a.example:180', false],
  // Names without a port: of no Istio, or of its catch-alls.
  ['allow_any', true],
  ['80', true],
  ['', true],
  ['a:80b', true],
  ['a.example:', true],
  ['a.example:000080', true],
  ['a.example:99999999999', true],
])('finds the port of a rule in the name of the virtual host %s: %s', (virtualHostName, refused) => {
  expect(isRefused('virtualHost', { authority: 'a.example:30080', virtualHostName })).toBe(refused);
});

it('takes a request without a virtual host for one of every port', () => {
  expect(isRefused('virtualHost', { authority: 'a.example:30080' })).toBe(true);
});

it('reads the name of the virtual host once a request', () => {
  const rules = ['a', 'b', 'c'].map((name) => ({ name, ports: [80], limit: tokenBucket(9, 1) }));
  const simulator = createSimulator({
    module: modulePath(),
    configuration: { version: 1, portsFrom: 'virtualHost', rateLimits: rules },
  });
  isAdmitted(simulator, { virtualHostName: 'a.example:80' });
  expect(simulator.hostCalls('proxy_on_request_headers').proxy_get_property).toBe(1);
});
