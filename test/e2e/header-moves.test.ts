import { Agent, get } from 'node:http';
import { expect, test } from 'vitest';
import type { Plan } from '../../host/src/plan/plan.ts';
import type { HeaderEdit } from '../../host/src/plan/plugin-configuration.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { servePlan } from '../../host/src/proxy/serve-plan.ts';
import { sluiceModule } from '../module/modules.ts';

/** One rule, which Envoy's routes carry out in even edits and the module in odd ones. */
function planOf(edit: number): Plan {
  const fixed: HeaderEdit = { edit: 'set', name: 'x-env', value: 'prod' };
  const told: HeaderEdit = { edit: 'set', name: 'x-limiter', value: 'by {limiter}' };
  return {
    plugin: {
      version: 1,
      headerRules: [{ name: 'default/env/all', request: edit % 2 === 0 ? [fixed] : [fixed, told] }],
    },
    virtualHosts: [
      { name: '*', domains: ['*'], routes: [{ name: 'default', pathPrefix: '/', filtered: true }] },
    ],
  };
}

test('a header rule that moves between the routes and the module misses no request', async () => {
  const any = { host: '127.0.0.1', port: 0 };
  const served = await servePlan(planOf(0), {
    envoyPath: (await findEnvoy()).path,
    modulePath: sluiceModule,
    listen: any,
    admin: any,
    concurrency: 2,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const seen = new Map<string, number>();
  let editing = true;
  const client = async () => {
    while (editing) {
      const body = await new Promise<string>((resolve, reject) => {
        const headers = { 'x-env': 'forged' };
        get({ ...served.envoy.listenAddress, agent, headers }, (response) => {
          let text = '';
          response.on('data', (part: Buffer) => (text += part.toString()));
          response.on('end', () => resolve(text));
        }).once('error', reject);
      });
      const values = JSON.stringify(JSON.parse(body).headers['x-env']);
      seen.set(values, (seen.get(values) ?? 0) + 1);
    }
  };
  try {
    const clients = Promise.all(Array.from({ length: 4 }, client));
    for (let edit = 1; edit <= 20; edit++) {
      expect(await served.update(planOf(edit))).toEqual({ accepted: true });
    }
    editing = false;
    await clients;
  } finally {
    editing = false;
    agent.destroy();
    await served.stop();
  }
  expect([...seen.keys()]).toEqual(['["prod"]']);
  expect(seen.get('["prod"]')).toBeGreaterThan(100);
}, 60_000);
