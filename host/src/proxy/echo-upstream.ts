import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SocketAddress } from '../envoy/options.ts';

export interface EchoUpstream {
  address: SocketAddress;
  stop(): Promise<void>;
}

/** A server that answers every request with what it received, in a thread of its own so that load on it disturbs nobody. */
export async function startEchoUpstream(
  { host, port }: SocketAddress = { host: '127.0.0.1', port: 0 },
): Promise<EchoUpstream> {
  const script = new URL(`./echo-upstream-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(script, { workerData: { host, port } });
  const bound = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return {
    address: { host, port: bound },
    async stop() {
      await worker.terminate();
    },
  };
}
