import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Upstream } from '../../host/src/envoy/options.ts';
import { type EchoUpstream, startEchoUpstream } from '../../host/src/proxy/echo-upstream.ts';

/** Servers that say who they are and what they received. `fails` answers 503, `slow` after half a second, `grpc` speaks HTTP/2. */
export const SERVER_NAMES = ['a', 'b', 'c', 'other', 'fails', 'slow'] as const;

export interface NamedServers {
  upstreams: Map<string, Upstream>;
  other: Upstream;
  /** Requests that a server has received. */
  countOf(server: string): number;
  stop(): Promise<void>;
}

export async function startNamedServers(): Promise<NamedServers> {
  const counts = new Map<string, number>();
  const servers: Server[] = [];
  const upstreams = new Map<string, Upstream>();
  for (const name of SERVER_NAMES) {
    const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      request.resume();
      const headers: Record<string, string[]> = {};
      for (let at = 0; at < request.rawHeaders.length; at += 2) {
        const header = request.rawHeaders[at]!.toLowerCase();
        headers[header] = [...(headers[header] ?? []), request.rawHeaders[at + 1]!];
      }
      const answer = () => {
        response.writeHead(name === 'fails' ? 503 : 200, { 'x-server': name, 'x-powered-by': 'tests' });
        response.end(JSON.stringify({ server: name, path: request.url, headers }));
      };
      if (name === 'slow') setTimeout(answer, 500);
      else answer();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    upstreams.set(`${name}.default`, { host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  }
  const grpc: EchoUpstream = await startEchoUpstream();
  upstreams.set('grpc.default', { ...grpc.address, protocol: 'h2c' });
  upstreams.set('versions.default/v1', upstreams.get('a.default')!);
  upstreams.set('versions.default/v2', upstreams.get('b.default')!);
  return {
    upstreams,
    other: upstreams.get('other.default')!,
    countOf: (server) => counts.get(server) ?? 0,
    async stop() {
      for (const server of servers) server.close().closeAllConnections();
      await grpc.stop();
    },
  };
}
