import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findContainerEngine } from '../../../host/src/proxy/container/container-engine.ts';
import { envoyProxyOn } from '../../behaviour/envoy-proxy.ts';
import { rateLimitCases } from '../../behaviour/rate-limit-cases.ts';
import { describeCases } from '../../behaviour/run-cases.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-heavy-'));
afterAll(() => rmSync(folder, { recursive: true }));
const accessLog = join(folder, 'access.log');

describeCases('rate limiting', rateLimitCases, [
  { name: 'Envoy in a container', start: envoyProxyOn(findContainerEngine, accessLog), concurrent: true },
]);

test('its access log, on this machine, shows requests that passed and requests that were refused', () => {
  const count = new Map<string, number>();
  for (const [, status] of readFileSync(accessLog, 'utf8').matchAll(/^\[\S+\] ".*?" (\d{3}) /gm)) {
    count.set(status!, (count.get(status!) ?? 0) + 1);
  }
  console.log('answers:', Object.fromEntries(count));
  expect(count.get('200')).toBeGreaterThan(50);
  expect(count.get('429')).toBeGreaterThan(20);
});
