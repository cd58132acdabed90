import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { JsonObject } from '../../host/src/envoy/json.ts';
import type { EnvoyOptions } from '../../host/src/envoy/options.ts';
import { findEnvoy } from '../../host/src/proxy/find-envoy.ts';

/** The place for which golden cases are written. */
export const goldenOptions: EnvoyOptions = {
  listen: { host: '127.0.0.1', port: 10_000 },
  listenLocal: { host: '127.0.0.1', port: 10_001 },
  admin: { host: '127.0.0.1', port: 0 },
  upstream: { host: '127.0.0.1', port: 8080 },
  locality: 'here/zone-1/rack-1',
  modulePath: join(import.meta.dirname, '../../modules/sluice.wasm'),
  xdsDirectory: '/nowhere',
};

/** Throws with Envoy's own words when it refuses the bootstrap. */
export async function validateWithEnvoy(bootstrap: JsonObject): Promise<void> {
  const { path } = await findEnvoy();
  const words = ['--mode', 'validate', '--log-level', 'error', '--config-yaml', JSON.stringify(bootstrap)];
  await promisify(execFile)(path, words);
}
