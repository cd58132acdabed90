import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BedProcess } from './bed-process.ts';
import { freePorts } from './free-ports.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { programPath } from './programs.ts';
import { validatingWebhook, WEBHOOK_NAME } from './validating-webhook.ts';

export const ISTIO_NAMESPACE = 'istio-system';

/** Istio's control plane. */
export interface Istiod {
  readonly process: BedProcess;
  /** Where proxies fetch their configuration. */
  readonly discoveryPort: number;
  /** The text of a page of its monitoring port, as `/metrics` or `/debug/configz`. */
  page(path: string): Promise<string>;
}

/** What a sidecar or a gateway would need a `pilot-agent` for is left out: certificates, telemetry, tracing. */
const meshConfiguration = (accessLogFile: string) => ({
  enableAutoMtls: false,
  accessLogFile,
  defaultProviders: { metrics: [], tracing: [] },
  defaultConfig: { discoveryAddress: 'istiod.istio-system.svc:15012' },
});

export async function startIstiod(
  api: KubernetesApi,
  folder: string,
  accessLogFile: string,
  gatewayApi: boolean,
): Promise<Istiod> {
  await mkdir(folder, { recursive: true });
  const meshPath = join(folder, 'mesh.json');
  await writeFile(meshPath, JSON.stringify(meshConfiguration(accessLogFile)));
  const [http, https, discovery, secureDiscovery, monitoring] = (await freePorts(5)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  await api.kubectl(['apply', '-f', '-'], JSON.stringify(validatingWebhook(https)));
  const process = await BedProcess.start(
    [
      programPath('pilot-discovery'),
      'discovery',
      ...['--kubeconfig', api.kubeconfig],
      ...['--meshConfig', meshPath],
      ...['--httpAddr', `127.0.0.1:${http}`],
      ...['--httpsAddr', `127.0.0.1:${https}`],
      ...['--grpcAddr', `127.0.0.1:${discovery}`],
      ...['--secureGRPCAddr', `127.0.0.1:${secureDiscovery}`],
      ...['--monitoringAddr', `127.0.0.1:${monitoring}`],
      ...['--ctrlz_port', '0'],
    ],
    join(folder, 'istiod.log'),
    {
      POD_NAME: 'istiod-bed',
      POD_NAMESPACE: ISTIO_NAMESPACE,
      REVISION: 'default',
      CLUSTER_ID: 'Kubernetes',
      // It makes its own certificate; the API server reaches it by this name.
      ISTIOD_CUSTOM_HOST: 'localhost',
      VALIDATION_WEBHOOK_CONFIG_NAME: WEBHOOK_NAME,
      PILOT_ENABLE_METADATA_EXCHANGE: 'false',
      PILOT_ENABLE_ALPN_FILTER: 'false',
      PILOT_ENABLE_GATEWAY_API: `${gatewayApi}`,
      // Nobody would run what it deployed.
      PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER: 'false',
      PILOT_DEBOUNCE_AFTER: '10ms',
      ROOT_CA_DIR: join(folder, 'root-ca'),
      LOCAL_CERT_DIR: join(folder, 'local-certificates'),
    },
  );
  const page = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${monitoring}${path}`);
    const text = await response.text();
    if (response.ok) return text;
    throw new Error(`istiod answered ${response.status} to ${path}: ${text}`);
  };
  try {
    await process.until('istiod to be ready', async () => {
      const response = await fetch(`http://127.0.0.1:${http}/ready`).catch(() => undefined);
      return response?.ok === true ? true : undefined;
    });
    await process.until('the API server to ask istiod about what is applied', async () => {
      const policy = await api.kubectl([
        'get',
        'validatingwebhookconfiguration',
        WEBHOOK_NAME,
        '-o',
        'jsonpath={.webhooks[0].failurePolicy}',
      ]);
      return policy === 'Fail' ? true : undefined;
    });
  } catch (error) {
    await process.end();
    throw error;
  }
  return { process, discoveryPort: discovery, page };
}
