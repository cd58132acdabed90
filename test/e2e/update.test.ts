import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { translateToEnvoy } from '../../host/src/envoy/translate.ts';
import type { Plan } from '../../host/src/plan/plan.ts';
import { type EchoUpstream, startEchoUpstream } from '../../host/src/proxy/echo-upstream.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';
import { type StartedEnvoy, startEnvoy } from '../../host/src/proxy/start-envoy.ts';

const modulePath = join(import.meta.dirname, '../../modules/sluice.wasm');
const maxTokens = 5;

/** A limit on the only route, whose name is another in every edit. */
function planOf(edit: number): Plan {
  const routeName = `route-${edit}`;
  const limit = { algorithm: 'tokenBucket', maxTokens, tokensPerFill: 1, fillIntervalNanos: 36e11 } as const;
  return {
    plugin: { version: 1, rateLimits: [{ name: 'default/limits/all', routes: [routeName], limit }] },
    virtualHosts: [
      { name: '*', domains: ['*'], routes: [{ name: routeName, pathPrefix: '/', filtered: true }] },
    ],
  };
}

let echo: EchoUpstream;
let envoy: StartedEnvoy;

function filesOf(edit: number, xdsDirectory: string) {
  const anyPort = { host: '127.0.0.1', port: 0 };
  return translateToEnvoy(planOf(edit), {
    ...{ listen: anyPort, admin: anyPort, upstream: echo.address },
    ...{ modulePath, xdsDirectory },
  });
}

beforeAll(async () => {
  echo = await startEchoUpstream();
  envoy = await startEnvoy({
    envoyPath: (await findEnvoy()).path,
    modulePath,
    concurrency: 2,
    translate: (xdsDirectory) => filesOf(0, xdsDirectory),
  });
}, 120_000);
afterAll(async () => {
  await envoy?.stop();
  await echo?.stop();
});

test('a limit holds through every edit of the route it is on, and no request fails', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const statuses = new Map<number, number>();
  let editing = true;
  const client = async () => {
    while (editing) {
      const status = await new Promise<number>((resolve, reject) => {
        get({ ...envoy.listenAddress, agent }, (response) => {
          response.resume();
          response.once('end', () => resolve(response.statusCode!));
        }).once('error', reject);
      });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const clients = Promise.all(Array.from({ length: 4 }, client));
  for (let edit = 1; edit <= 20; edit++) {
    expect(await envoy.update(filesOf(edit, envoy.xdsDirectory))).toEqual({ accepted: true });
  }
  editing = false;
  await clients;
  agent.destroy();
  expect(statuses.get(200)).toBe(maxTokens);
  expect([...statuses.keys()].sort()).toEqual([200, 429]);
}, 60_000);
