import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { BedProcess } from './bed-process.ts';
import { freePorts } from './free-ports.ts';
import { programPath } from './programs.ts';
import { type CommandResult, runCommand, tryCommand } from './run-command.ts';

/** A Kubernetes API server on loopback, with its store. Nothing runs pods: they are objects only. */
export interface KubernetesApi {
  readonly kubeconfig: string;
  readonly processes: BedProcess[];
  kubectl(commandArguments: string[], input?: string): Promise<string>;
  tryKubectl(commandArguments: string[], input?: string): Promise<CommandResult>;
  stop(): Promise<void>;
}

const TOKEN = 'bed';

export async function startKubernetesApi(folder: string): Promise<KubernetesApi> {
  await mkdir(folder, { recursive: true });
  const processes: BedProcess[] = [];
  const stop = async () => {
    for (const each of processes.toReversed()) await each.end();
  };
  try {
    const [clientPort, peerPort, port] = (await freePorts(3)) as [number, number, number];
    processes.push(await startEtcd(folder, clientPort, peerPort));
    processes.push(await startServer(folder, clientPort, port));
    const kubeconfig = join(folder, 'kubeconfig.json');
    await writeFile(kubeconfig, JSON.stringify(clientConfiguration(port)));
    const command = [
      programPath('kubectl'),
      '--kubeconfig',
      kubeconfig,
      '--cache-dir',
      join(folder, 'kubectl-cache'),
    ];
    return {
      kubeconfig,
      processes,
      kubectl: (commandArguments, input = '') => runCommand([...command, ...commandArguments], { input }),
      tryKubectl: (commandArguments, input = '') => tryCommand([...command, ...commandArguments], { input }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startEtcd(folder: string, clientPort: number, peerPort: number): Promise<BedProcess> {
  const client = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return BedProcess.start(
    [
      programPath('etcd'),
      ...['--data-dir', join(folder, 'etcd')],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', `default=${peer}`],
      // The bed lives for minutes, and what it stores dies with it.
      '--unsafe-no-fsync',
    ],
    join(folder, 'etcd.log'),
  );
}

async function startServer(folder: string, etcdPort: number, port: number): Promise<BedProcess> {
  const keyPath = join(folder, 'service-account.key');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(keyPath, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const tokens = join(folder, 'tokens.csv');
  await writeFile(tokens, `${TOKEN},bed,bed,system:masters\n`);
  const server = await BedProcess.start(
    [
      programPath('kube-apiserver'),
      `--etcd-servers=http://127.0.0.1:${etcdPort}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${join(folder, 'certificates')}`,
      `--token-auth-file=${tokens}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${keyPath}`,
      `--service-account-signing-key-file=${keyPath}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      // No service named kubernetes is served, and a machine without a route outside has no address to advertise.
      '--advertise-address=10.96.255.1',
      '--endpoint-reconciler-type=none',
      // Nobody makes the service accounts that pods would have.
      '--disable-admission-plugins=ServiceAccount',
    ],
    join(folder, 'kube-apiserver.log'),
  );
  try {
    await server.until('the API server to be ready', () => isReady(port));
  } catch (error) {
    await server.end();
    throw error;
  }
  return server;
}

/** Over TLS with a certificate that it made for itself. */
function isReady(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path: '/readyz',
        headers: { authorization: `Bearer ${TOKEN}` },
        rejectUnauthorized: false,
        agent: false,
        timeout: 2000,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200 ? true : undefined);
      },
    );
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(undefined));
    sent.end();
  });
}

function clientConfiguration(port: number): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'bed', cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'bed', user: { token: TOKEN } }],
    contexts: [{ name: 'bed', context: { cluster: 'bed', user: 'bed' } }],
    'current-context': 'bed',
  };
}
