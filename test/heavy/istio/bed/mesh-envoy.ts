import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SocketAddress } from '../../../../host/src/envoy/options.ts';
import { AdminClient } from '../../../../host/src/proxy/admin-client.ts';
import { findEnvoy } from '../../../../host/src/proxy/find-envoy.ts';
import { parseSocketAddress } from '../../../../host/src/proxy/socket-address.ts';
import { BedProcess } from './bed-process.ts';
import { type ConfigDump, readConfigDump } from './config-dump.ts';
import type { Workload } from './workload.ts';

/** An Envoy of the mesh: all it serves comes from istiod. */
export interface MeshEnvoy {
  readonly process: BedProcess;
  readonly admin: AdminClient;
  configDump(): Promise<ConfigDump>;
  /** Waits until its configuration in force is such. */
  until<T>(statement: string, look: (dump: ConfigDump) => T | undefined): Promise<T>;
  stop(): Promise<void>;
}

export interface MeshEnvoyOptions {
  workload: Workload;
  discoveryPort: number;
  folder: string;
  /** Worker threads. */
  concurrency: number;
  /** Clusters that a `pilot-agent` would not need, by name, each with its one server. */
  clusters?: Record<string, SocketAddress>;
}

export async function startMeshEnvoy(options: MeshEnvoyOptions): Promise<MeshEnvoy> {
  const { folder, workload } = options;
  await mkdir(folder, { recursive: true });
  const bootstrapPath = join(folder, 'bootstrap.json');
  // What an earlier proxy of the workload has left names a port where nobody listens any more.
  const adminAddressPath = join(folder, 'admin-address');
  await rm(adminAddressPath, { force: true });
  await writeFile(bootstrapPath, JSON.stringify(bootstrap(options), null, 2));
  const { path: envoyPath } = await findEnvoy();
  const process = await BedProcess.start(
    [
      envoyPath,
      ...['--config-path', bootstrapPath],
      ...['--admin-address-path', adminAddressPath],
      ...['--concurrency', `${options.concurrency}`],
      ...['--log-level', 'warning', '--component-log-level', 'wasm:info,misc:error'],
      '--disable-hot-restart',
      // The access log is read while it is written.
      ...['--file-flush-interval-msec', '50'],
    ],
    join(folder, `${workload.name}.log`),
  );
  try {
    const admin = await process.until('the proxy to have its configuration', async () => {
      const address = parseSocketAddress((await readFile(adminAddressPath, 'utf8').catch(() => '')).trim());
      if (address === undefined) return undefined;
      const client = new AdminClient(address);
      if (await client.isServing().catch(() => false)) return client;
      client.close();
      return undefined;
    });
    const configDump = () => readConfigDump(admin.address);
    return {
      process,
      admin,
      configDump,
      until: (statement, look) => process.until(statement, async () => look(await configDump()), 20_000),
      async stop() {
        admin.close();
        await process.end();
      },
    };
  } catch (error) {
    await process.end();
    throw error;
  }
}

/** What a `pilot-agent` would write, without its certificates and its telemetry. */
function bootstrap({ workload, discoveryPort, clusters = {} }: MeshEnvoyOptions): unknown {
  return {
    node: {
      id: `${workload.type}~${workload.address}~${workload.name}.${workload.namespace}~${workload.namespace}.svc.cluster.local`,
      cluster: workload.name,
      metadata: {
        NAME: workload.name,
        NAMESPACE: workload.namespace,
        LABELS: workload.labels,
        CLUSTER_ID: 'Kubernetes',
        ISTIO_VERSION: '1.31.1',
        INSTANCE_IPS: workload.address,
        ...workload.metadata,
      },
    },
    admin: { address: socketAddress({ host: '127.0.0.1', port: 0 }) },
    dynamic_resources: {
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
      },
      lds_config: { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' },
      cds_config: { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' },
    },
    static_resources: {
      clusters: [
        {
          ...cluster('xds-grpc', { host: '127.0.0.1', port: discoveryPort }),
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
        },
        ...Object.entries(clusters).map(([name, address]) => cluster(name, address)),
      ],
    },
  };
}

function cluster(name: string, address: SocketAddress): object {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '5s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(address) } }] }],
    },
  };
}

function socketAddress({ host, port }: SocketAddress): object {
  return { socket_address: { address: host, port_value: port } };
}
