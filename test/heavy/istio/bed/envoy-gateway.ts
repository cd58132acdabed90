import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SocketAddress } from '../../../../host/src/envoy/options.ts';
import { findEnvoy } from '../../../../host/src/proxy/find-envoy.ts';
import { envoyVersion } from '../../../../host/src/proxy/pinned-envoy.ts';
import { parseSocketAddress } from '../../../../host/src/proxy/socket-address.ts';
import { BedProcess } from './bed-process.ts';
import { type ConfigDump, readConfigDump } from './config-dump.ts';
import { freePorts, isFree } from './free-ports.ts';
import { inOwnRoot } from './own-root.ts';
import { programPath } from './programs.ts';
import { runCommand } from './run-command.ts';

/** Envoy Gateway on its own: it reads objects from files, and runs the Envoy that it configures. */
export interface EnvoyGateway {
  readonly process: BedProcess;
  /** Where its Gateway `default/eg` listens. */
  readonly address: SocketAddress;
  /** Writes a file of objects in place of the one of that name. */
  write(name: string, documents: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Of the Envoy that it runs. */
  configDump(): Promise<ConfigDump | undefined>;
  stop(): Promise<void>;
}

/** It lets nobody choose these. */
const FIXED_PORTS = [8081, 18_000, 18_002, 19_000, 19_001, 19_003];
/** Its Envoy drains first. */
const STOP_MILLIS = 15_000;
const NAMESPACE = 'envoy-gateway-system';

/** @param upstream Where requests for all hosts go. */
export async function startEnvoyGateway(upstream: SocketAddress): Promise<EnvoyGateway> {
  for (const port of FIXED_PORTS) await expectUnused(port);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-envoy-gateway-'));
  const folders = Object.fromEntries(
    ['resources', 'config', 'data', 'state', 'runtime', 'root'].map((name) => [name, join(folder, name)]),
  ) as Record<'resources' | 'config' | 'data' | 'state' | 'runtime' | 'root', string>;
  for (const each of Object.values(folders)) await mkdir(each);
  await putEnvoyInPlace(folders.data);
  await runCommand([programPath('envoy-gateway'), 'certgen', '--local', '--config-home', folders.config]);
  const [port] = (await freePorts(1)) as [number];
  const write = async (name: string, documents: string) => {
    const path = join(folder, name);
    await writeFile(path, documents);
    await rename(path, join(folders.resources, name));
  };
  await write('gateway.yaml', await gatewayObjects(port, upstream, folders.config));
  const settingsPath = join(folder, 'envoy-gateway.json');
  await writeFile(settingsPath, JSON.stringify(settings(folders)));
  const command = await inOwnRoot([programPath('envoy-gateway'), 'server', '--config-path', settingsPath], {
    folder: folders.root,
    certificate: join(folders.config, 'certs/envoy/ca.crt'),
    name: `envoy-gateway.${NAMESPACE}.svc.cluster.local`,
  });
  // It caches modules in its user's home.
  const process = await BedProcess.start(command, join(folder, 'envoy-gateway.log'), { HOME: folder });
  const configDump = async () => {
    const admin = await adminAddress(folders.runtime);
    return admin === undefined ? undefined : readConfigDump(admin).catch(() => undefined);
  };
  try {
    // Only then does it also watch its files.
    await process.until('the gateway to listen', async () =>
      (await configDump())?.listeners.find(({ address }) => address.socket_address.port_value === port),
    );
  } catch (error) {
    await process.end(STOP_MILLIS);
    throw error;
  }
  return {
    process,
    address: { host: '127.0.0.1', port },
    write,
    remove: (name) => rm(join(folders.resources, name)),
    configDump,
    async stop() {
      await process.end(STOP_MILLIS);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function expectUnused(port: number): Promise<void> {
  if (await isFree(port)) return;
  throw new Error(`expected port ${port} to be free: Envoy Gateway needs it, and lets nobody choose another`);
}

/** It would download one, and takes what is there. */
async function putEnvoyInPlace(dataFolder: string): Promise<void> {
  const { path } = await findEnvoy();
  const folder = join(dataFolder, 'envoy-versions', envoyVersion, 'bin');
  await mkdir(folder, { recursive: true });
  await symlink(path, join(folder, 'envoy'));
}

function settings(folders: Record<'resources' | 'config' | 'data' | 'state' | 'runtime', string>): unknown {
  return {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'EnvoyGateway',
    gateway: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
    provider: {
      type: 'Custom',
      custom: {
        resource: { type: 'File', file: { paths: [folders.resources] } },
        infrastructure: {
          type: 'Host',
          host: {
            configHome: folders.config,
            dataHome: folders.data,
            stateHome: folders.state,
            runtimeDir: folders.runtime,
          },
        },
      },
    },
    extensionApis: { enableBackend: true },
  };
}

async function gatewayObjects(port: number, upstream: SocketAddress, configFolder: string): Promise<string> {
  const certificates = join(configFolder, 'certs/envoy');
  const inBase64 = async (name: string) => (await readFile(join(certificates, name))).toString('base64');
  const apis = { core: 'gateway.networking.k8s.io', own: 'gateway.envoyproxy.io' };
  const documents = [
    {
      apiVersion: `${apis.core}/v1`,
      kind: 'GatewayClass',
      metadata: { name: 'eg' },
      spec: {
        controllerName: 'gateway.envoyproxy.io/gatewayclass-controller',
        parametersRef: { group: apis.own, kind: 'EnvoyProxy', name: 'bed', namespace: 'default' },
      },
    },
    {
      apiVersion: `${apis.own}/v1alpha1`,
      kind: 'EnvoyProxy',
      metadata: { name: 'bed', namespace: 'default' },
      spec: { provider: { type: 'Host', host: { envoyVersion } } },
    },
    {
      apiVersion: `${apis.core}/v1`,
      kind: 'Gateway',
      metadata: { name: 'eg', namespace: 'default' },
      spec: { gatewayClassName: 'eg', listeners: [{ name: 'http', protocol: 'HTTP', port }] },
    },
    {
      apiVersion: `${apis.core}/v1`,
      kind: 'HTTPRoute',
      metadata: { name: 'all', namespace: 'default' },
      spec: {
        parentRefs: [{ name: 'eg' }],
        rules: [{ backendRefs: [{ group: apis.own, kind: 'Backend', name: 'upstream' }] }],
      },
    },
    {
      apiVersion: `${apis.own}/v1alpha1`,
      kind: 'Backend',
      metadata: { name: 'upstream', namespace: 'default' },
      spec: { endpoints: [{ ip: { address: upstream.host, port: upstream.port } }] },
    },
    // What the proxy shows to Envoy Gateway when it fetches a module.
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'envoy', namespace: NAMESPACE },
      type: 'kubernetes.io/tls',
      data: {
        'ca.crt': await inBase64('ca.crt'),
        'tls.crt': await inBase64('tls.crt'),
        'tls.key': await inBase64('tls.key'),
      },
    },
  ];
  return documents.map((each) => JSON.stringify(each)).join('\n---\n');
}

/** Each run of Envoy has a folder of its own. */
async function adminAddress(runtimeFolder: string): Promise<SocketAddress | undefined> {
  for (const run of await readdir(runtimeFolder)) {
    const text = await readFile(join(runtimeFolder, run, 'admin-address.txt'), 'utf8').catch(() => '');
    const address = parseSocketAddress(text.trim());
    if (address !== undefined) return address;
  }
  return undefined;
}
