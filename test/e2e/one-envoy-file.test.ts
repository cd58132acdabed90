import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type EnvoyOptions, failurePolicies } from '../../host/src/envoy/options.ts';
import { translateToOneEnvoyFile } from '../../host/src/envoy/translate.ts';
import type { Plan } from '../../host/src/plan/plan.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';

const options: EnvoyOptions = {
  listen: { host: '127.0.0.1', port: 10_000 },
  listenLocal: { host: '::1', port: 10_001 },
  admin: { host: '127.0.0.1', port: 0 },
  upstream: { host: 'localhost', port: 8080 },
  upstreamsByHost: new Map([
    ['web.shop', { host: '127.0.0.1', port: 9000, protocol: 'h2c' }],
    ['elsewhere.example', { host: '::1', port: 9001 }],
  ]),
  modulePath: join(import.meta.dirname, '../../modules/sluice.wasm'),
  xdsDirectory: '/nowhere',
  accessLog: '/dev/null',
  logLevel: 'info',
};

const plan: Plan = {
  plugin: {
    version: 1,
    rateLimits: [
      {
        name: 'shop/web/all',
        hosts: ['web.shop.svc.cluster.local', 'web.shop'],
        ports: [80],
        limit: { algorithm: 'slidingWindow', maxRequests: 10, windowNanos: 1e9 },
      },
    ],
  },
  virtualHosts: [
    {
      name: 'web.shop.svc.cluster.local',
      domains: ['web.shop.svc.cluster.local', 'web.shop'],
      routes: [
        { name: 'api', pathPrefix: '/api', filtered: true },
        { name: 'default', pathPrefix: '/', filtered: false },
      ],
    },
    { name: '*', domains: ['*'], routes: [{ name: 'default', pathPrefix: '/', filtered: false }] },
  ],
};

async function validate(each: Plan, place: EnvoyOptions): Promise<void> {
  const { path } = await findEnvoy();
  const bootstrap = JSON.stringify(translateToOneEnvoyFile(each, place));
  await promisify(execFile)(path, ['--mode', 'validate', '--log-level', 'error', '--config-yaml', bootstrap]);
}

test.each(failurePolicies)(
  'Envoy accepts everything the translator can write, with %s',
  async (failurePolicy) => {
    await expect(validate(plan, { ...options, failurePolicy })).resolves.toBeUndefined();
  },
);

test('Envoy accepts a plan without any rule', async () => {
  const empty = { plugin: { version: 1 as const }, virtualHosts: plan.virtualHosts.slice(-1) };
  await expect(validate(empty, options)).resolves.toBeUndefined();
});
