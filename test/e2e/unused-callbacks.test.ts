import { Agent, get } from 'node:http';
import { expect, test } from 'vitest';
import type { Plan } from '../../host/src/plan/plan.ts';
import type { HeaderEdit } from '../../host/src/plan/plugin-configuration.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { modulePath } from '../../host/src/proxy/module-path.ts';
import { servePlan } from '../../host/src/proxy/serve-plan.ts';

const toUpstream: HeaderEdit = { edit: 'set', name: 'x-path', value: '{request.path}' };
const toClient: HeaderEdit = { edit: 'set', name: 'x-answered', value: '{request.path}' };

/** Even edits have no use for the response, odd ones do; for those Envoy calls a module of another VM. */
function planOf(edit: number): Plan {
  return {
    plugin: {
      version: 1,
      headerRules: [
        { name: 'default/a/a', request: [toUpstream], ...(edit % 2 === 1 && { response: [toClient] }) },
      ],
    },
    virtualHosts: [
      { name: '*', domains: ['*'], routes: [{ name: 'default', pathPrefix: '/', filtered: true }] },
    ],
  };
}

test('header-mutation.wasm edits every request, and responses from the edit on that asks for it', async () => {
  const any = { host: '127.0.0.1', port: 0 };
  const served = await servePlan(planOf(0), {
    envoyPath: (await findEnvoy()).path,
    modulePath: modulePath('header-mutation'),
    listen: any,
    admin: any,
    concurrency: 2,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const exchange = () =>
    new Promise<{ sent: unknown; answered: unknown }>((resolve, reject) => {
      get({ ...served.envoy.listenAddress, agent, path: '/here' }, (response) => {
        let text = '';
        response.on('data', (part: Buffer) => (text += part.toString()));
        response.on('end', () =>
          resolve({ sent: JSON.parse(text).headers['x-path'], answered: response.headers['x-answered'] }),
        );
      }).once('error', reject);
    });
  const sent = new Set<string>();
  let editing = true;
  const client = async () => {
    while (editing) sent.add(String((await exchange()).sent));
  };
  try {
    expect((await exchange()).answered).toBeUndefined();
    const clients = Promise.all(Array.from({ length: 4 }, client));
    for (let edit = 1; edit <= 6; edit++) {
      expect(await served.update(planOf(edit))).toEqual({ accepted: true });
      expect((await exchange()).answered).toBe(edit % 2 === 1 ? '/here' : undefined);
    }
    editing = false;
    await clients;
  } finally {
    editing = false;
    agent.destroy();
    await served.stop();
  }
  expect([...sent]).toEqual(['/here']);
}, 60_000);
