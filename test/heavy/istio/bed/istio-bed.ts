import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SocketAddress } from '../../../../host/src/envoy/options.ts';
import { poll } from '../../../../host/src/proxy/poll.ts';
import type { BedProcess } from './bed-process.ts';
import { freePorts } from './free-ports.ts';
import { ISTIO_NAMESPACE, type Istiod, startIstiod } from './istiod.ts';
import { type KubernetesApi, startKubernetesApi } from './kubernetes-api.ts';
import { type MeshEnvoy, startMeshEnvoy } from './mesh-envoy.ts';
import { type Definitions, definitionsPath, programPath } from './programs.ts';
import { type CommandResult, runCommand, tryCommand } from './run-command.ts';
import { gatewayWorkload, podStatus, type ServicePort, type Workload, workloadObjects } from './workload.ts';

/** Kubernetes' API server, istiod and a gateway, all real, all on loopback. */
export interface IstioBed {
  readonly api: KubernetesApi;
  readonly istiod: Istiod;
  readonly gateway: MeshEnvoy;
  /** The same pod with a new proxy, which remembers nothing. */
  restartGateway(): Promise<void>;
  /** Where the gateway listens for the clients of its port 80. */
  readonly gatewayAddress: SocketAddress;
  readonly folder: string;
  kubectl(commandArguments: string[], input?: string): Promise<string>;
  /** `kubectl apply` of documents in YAML. */
  apply(documents: string): Promise<string>;
  istioctl(commandArguments: string[], input?: string): Promise<CommandResult>;
  /** One line a request, of all proxies. */
  accessLog(): Promise<string>;
  /** Configurations that a proxy has refused, and other errors of pushing, since istiod started. */
  pushErrors(): Promise<string[]>;
  /** Makes a pod and its service known, and starts its proxy. */
  startWorkload(workload: Workload, ports: ServicePort[], clusterIp: string): Promise<MeshEnvoy>;
  /** The end of each log. */
  lastLines(): string;
  stop(): Promise<void>;
}

export interface IstioBedOptions {
  /** Default: Istio's alone. With those of Gateway API, istiod reads them too. */
  definitions?: Definitions[];
  /** Worker threads of the gateway. Default 2. */
  concurrency?: number;
  /** Clusters the gateway has besides those that istiod sends. */
  clusters?: Record<string, SocketAddress>;
}

/** The gateway of Istio's installation: its service's port 80 leads to a port of the pod. */
const GATEWAY_CLUSTER_IP = '10.96.1.1';

export async function startIstioBed(options: IstioBedOptions = {}): Promise<IstioBed> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-istio-'));
  const accessLogFile = join(folder, 'access.log');
  const started: { stop(): Promise<void> }[] = [];
  const processes: BedProcess[] = [];
  const stop = async () => {
    for (const each of started.toReversed()) await each.stop();
  };
  try {
    const api = await startKubernetesApi(join(folder, 'kubernetes'));
    started.push(api);
    processes.push(...api.processes);
    const definitions = options.definitions ?? ['istio'];
    await defineResources(api, definitions);
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ISTIO_NAMESPACE } };
    await api.kubectl(['apply', '-f', '-'], JSON.stringify(namespace));
    const istiod = await startIstiod(
      api,
      join(folder, 'istiod'),
      accessLogFile,
      definitions.includes('gateway-api'),
    );
    started.push({ stop: () => istiod.process.end() });
    processes.push(istiod.process);

    const startProxy = async (workload: Workload) => {
      const envoy = await startMeshEnvoy({
        workload,
        discoveryPort: istiod.discoveryPort,
        folder: join(folder, workload.name),
        concurrency: options.concurrency ?? 2,
        ...(options.clusters !== undefined && { clusters: options.clusters }),
      });
      started.push(envoy);
      processes.push(envoy.process);
      return envoy;
    };
    const [targetPort] = (await freePorts(1)) as [number];
    await api.kubectl(['apply', '-f', '-'], JSON.stringify(gateway));
    await createWorkload(api, gatewayWorkload, [{ name: 'http2', port: 80, targetPort }], GATEWAY_CLUSTER_IP);
    const startGateway = async () => {
      const envoy = await startProxy(gatewayWorkload);
      await envoy.until(`the gateway to listen on ${targetPort}`, ({ listeners }) =>
        listeners.find(({ address }) => address.socket_address.port_value === targetPort),
      );
      return envoy;
    };
    let proxy = await startGateway();
    return {
      api,
      istiod,
      get gateway() {
        return proxy;
      },
      async restartGateway() {
        await proxy.stop();
        proxy = await startGateway();
      },
      gatewayAddress: { host: '127.0.0.1', port: targetPort },
      folder,
      kubectl: api.kubectl,
      apply: (documents) => api.kubectl(['apply', '-f', '-'], documents),
      istioctl: (commandArguments, input = '') =>
        tryCommand([programPath('istioctl'), ...commandArguments, '--kubeconfig', api.kubeconfig], { input }),
      accessLog: () => readFile(accessLogFile, 'utf8').catch(() => ''),
      pushErrors: () => pushErrors(istiod),
      async startWorkload(workload, ports, clusterIp) {
        await createWorkload(api, workload, ports, clusterIp);
        return startProxy(workload);
      },
      lastLines: () => lastLines(processes),
      async stop() {
        await stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await stop();
    throw new Error(`the Istio bed did not start (${folder}): ${(error as Error).message}`, { cause: error });
  }
}

/** Any host, on loopback alone. */
const gateway = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name: 'bed', namespace: ISTIO_NAMESPACE },
  spec: {
    selector: { istio: 'ingressgateway' },
    servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'], bind: '127.0.0.1' }],
  },
};

/** Some are too large for the annotation that `kubectl apply` leaves. */
async function defineResources(api: KubernetesApi, definitions: Definitions[]): Promise<void> {
  for (const each of definitions) await api.kubectl(['create', '-f', definitionsPath(each)]);
  await untilEstablished(api);
}

/** `kubectl wait` stumbles over one that has no status yet. */
async function untilEstablished(api: KubernetesApi): Promise<void> {
  const established = await poll(
    async () => {
      const { items } = JSON.parse(await api.kubectl(['get', 'crd', '-o', 'json'])) as {
        items: { status?: { conditions?: { type: string; status: string }[] } }[];
      };
      const isEstablished = items.every(({ status }) =>
        status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True'),
      );
      return isEstablished ? true : undefined;
    },
    { withinMillis: 60_000, everyMillis: 100 },
  );
  if (established === undefined) throw new Error('expected every resource to be established within 60 s');
}

async function createWorkload(
  api: KubernetesApi,
  workload: Workload,
  ports: ServicePort[],
  clusterIp: string,
): Promise<void> {
  const documents = workloadObjects(workload, ports, clusterIp).map((each) => JSON.stringify(each));
  await api.kubectl(['apply', '-f', '-'], documents.join('\n---\n'));
  const status = ['--subresource=status', '--type=merge', '-p', JSON.stringify(podStatus(workload))];
  await api.kubectl(['patch', 'pod', workload.name, '-n', workload.namespace, ...status]);
}

/** Values of istiod's own counters of what went wrong, as `name{labels} value`. */
async function pushErrors({ page }: Istiod): Promise<string[]> {
  const metrics = (await page('/metrics')).split('\n');
  const names =
    /^(pilot_total_xds_rejects|pilot_xds_(cds|eds|lds|rds|ecds)_reject|pilot_xds_write_timeout|pilot_total_xds_internal_errors|pilot_xds_push_context_errors|pilot_conflict_\w+)\b/;
  return metrics.filter((line) => names.test(line) && !line.endsWith(' 0'));
}

function lastLines(processes: BedProcess[]): string {
  return processes.map((each) => `${each.name} (${each.logPath}):\n${each.lastLines()}`).join('\n');
}

/** `istioctl` without a cluster. */
export function istioctl(commandArguments: string[], input = ''): Promise<string> {
  return runCommand([programPath('istioctl'), ...commandArguments], { input });
}
