import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Upstream } from '../../host/src/envoy/options.ts';
import type { Received } from './behaviour-case.ts';

/** Answers every request with what it got of it, numbered in the order in which requests came. HTTP/2, for the trailers. */
export async function startRecordingUpstream(): Promise<{ upstream: Upstream; stop: () => Promise<void> }> {
  let requests = 0;
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream) => {
    const order = requests++;
    const hash = createHash('sha256');
    let bodyBytes = 0;
    let trailers: Record<string, string> = {};
    stream.on('error', () => stream.destroy());
    stream.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      bodyBytes += chunk.length;
    });
    stream.on('trailers', (pairs) => {
      trailers = Object.fromEntries(Object.entries(pairs).map(([name, value]) => [name, String(value)]));
    });
    stream.on('end', () => {
      const received: Received = { order, bodyBytes, bodyHash: hash.digest('hex'), trailers };
      stream.respond({ ':status': 200, [RECEIVED]: JSON.stringify(received) });
      stream.end();
    });
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    upstream: { host: '127.0.0.1', port, protocol: 'h2c' },
    async stop() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

/** Header of answers that says what the upstream got. */
export const RECEIVED = 'x-received';
