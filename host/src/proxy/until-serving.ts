import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { type EnvoyFiles, watchedFiles, type XdsFile } from '../envoy/files.ts';
import type { SocketAddress } from '../envoy/options.ts';
import { AdminClient } from './admin-client.ts';
import { EnvironmentError } from './environment-error.ts';
import type { RunningEnvoy } from './envoy-engine.ts';
import { poll } from './poll.ts';
import { versionInForce } from './replace-file.ts';
import { connectable, formatSocketAddress, parseSocketAddress } from './socket-address.ts';

export interface Serving {
  admin: AdminClient;
  version: string;
  listeners: Map<string, SocketAddress>;
}

/** Envoy says it serves, has taken all files, and accepts a connection. */
export async function untilServing(
  envoy: RunningEnvoy,
  adminAddressPath: string,
  files: EnvoyFiles,
  startWithinMillis: number,
): Promise<Serving> {
  let admin: AdminClient | undefined;
  const reach = reachability(envoy);
  const listeners = await poll(
    async () => {
      if (envoy.exit !== undefined) throw notServing(envoy, 'Envoy ended before it served');
      admin ??= await adminClient(adminAddressPath);
      if (admin === undefined || !(await reach(admin)) || !(await admin.isServing().catch(() => false)))
        return undefined;
      const bound = await admin.listeners();
      const open = await Promise.all([...bound.values()].map(acceptsConnections));
      return bound.size > 0 && open.every((each) => each) ? bound : undefined;
    },
    { withinMillis: startWithinMillis, everyMillis: 10 },
  );
  if (admin === undefined || listeners === undefined) {
    throw notServing(envoy, `Envoy did not serve within ${startWithinMillis} ms`);
  }
  for (const file of watchedFiles(files)) {
    await expectInForce(file, envoy, admin);
  }
  return { admin, version: await admin.version(), listeners };
}

/** From a bound admin to one that accepts is a matter of milliseconds. */
const unreachableMillis = 5_000;

/** Whether the admin can be reached from here; throws when it is clear that it never will. */
function reachability(envoy: RunningEnvoy): (admin: AdminClient) => Promise<boolean> {
  let firstTry: number | undefined;
  return async ({ address }) => {
    if (envoy.whenUnreachable === undefined || (await acceptsConnections(address))) return true;
    firstTry ??= performance.now();
    if (performance.now() - firstTry < unreachableMillis) return false;
    throw new EnvironmentError(
      `Envoy runs (${envoy.place}), but its admin ${formatSocketAddress(address)} cannot be reached: ${envoy.whenUnreachable}`,
    );
  };
}

async function adminClient(adminAddressPath: string): Promise<AdminClient | undefined> {
  const text = await readFile(adminAddressPath, 'utf8').catch(() => '');
  const address = parseSocketAddress(text.trim());
  return address === undefined ? undefined : new AdminClient(connectable(address));
}

/** Envoy serves even when it has refused the filter or the routes, and then answers every request with an error. */
async function expectInForce(file: XdsFile, envoy: RunningEnvoy, admin: AdminClient): Promise<void> {
  if ((await versionInForce(file.name, admin)) === file.version) return;
  const problems = envoy.log.problemsSince(0).join('; ');
  throw notServing(envoy, `Envoy refused ${file.name}${problems === '' ? '' : `: ${problems}`}`);
}

function notServing({ log }: RunningEnvoy, statement: string): EnvironmentError {
  const lines = log.lastLines().map((line) => `\n  ${line}`);
  return new EnvironmentError(`${statement}; the end of its log (${log.path}):${lines.join('')}`);
}

function acceptsConnections(address: SocketAddress): Promise<boolean> {
  const { host, port } = connectable(address);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
