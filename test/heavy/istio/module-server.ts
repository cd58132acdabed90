import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SocketAddress } from '../../../host/src/envoy/options.ts';
import { sluiceModule } from '../../module/modules.ts';

/** The module on a web server. */
export interface ModuleServer {
  address: SocketAddress;
  sha256: string;
  /** Downloads so far. */
  readonly downloads: number;
  stop(): Promise<void>;
}

export async function startModuleServer(): Promise<ModuleServer> {
  const module = await readFile(sluiceModule);
  let downloads = 0;
  const server = createServer((_request, response) => {
    downloads++;
    response.writeHead(200, { 'content-type': 'application/wasm' }).end(module);
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  return {
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    sha256: createHash('sha256').update(module).digest('hex'),
    get downloads() {
      return downloads;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
