import { createServer as createHttp1Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SocketAddress } from '../../host/src/envoy/options.ts';

/** The request header in which a case says what its upstream does (`UpstreamScript`). */
export const scriptHeader = 'x-upstream';

/**
 * What the upstream does with one request, in words: `ok`, `status 503`, `slow 150` (answers 200 after so many ms),
 * `hang`, `reset` (before its response), `reset late` (behind the headers). In HTTP/2 alone: `grpc 14` (in trailers),
 * `grpc 14 alone`.
 */
export type UpstreamScript = string;

export interface ScriptedUpstream {
  address: SocketAddress;
  /** The same in HTTP/2 with prior knowledge. */
  http2Address: SocketAddress;
  /** Requests that have come so far. */
  readonly requests: number;
  /** What is done with requests that do not say. Default `ok`. */
  script: UpstreamScript;
  stop(): Promise<void>;
}

/** A server that does what each request asks of it. */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const sockets = new Set<Socket>();
  const upstream = { requests: 0, script: 'ok' };
  const scriptOf = (asked: string | string[] | undefined): UpstreamScript => {
    upstream.requests++;
    return String(asked ?? upstream.script);
  };
  const http1 = createHttp1Server({ keepAliveTimeout: 0 }, (request, response) => {
    request.resume();
    void play(scriptOf(request.headers[scriptHeader]), response, request.socket);
  });
  const http2 = createHttp2Server();
  http2.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    stream.resume();
    playGrpc(scriptOf(headers[scriptHeader]), stream);
  });
  const servers = [http1, http2];
  const ports = await Promise.all(
    servers.map((server) => {
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => sockets.delete(socket));
      });
      return new Promise<number>((listening) => {
        server.listen(0, '127.0.0.1', () => listening((server.address() as AddressInfo).port));
      });
    }),
  );
  return Object.assign(upstream, {
    address: { host: '127.0.0.1', port: ports[0]! },
    http2Address: { host: '127.0.0.1', port: ports[1]! },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
    },
  });
}

async function play(script: UpstreamScript, response: ServerResponse, socket: Socket): Promise<void> {
  const [word, argument] = script.split(' ');
  switch (word) {
    case 'hang':
      return;
    case 'reset':
      if (argument === 'late') {
        response.writeHead(200, { 'content-length': 100 });
        response.write('x');
        await sleep(20);
      }
      socket.destroy();
      return;
    case 'slow':
      await sleep(Number(argument));
      response.end('late');
      return;
    default:
      response.statusCode = word === 'status' ? Number(argument) : 200;
      response.end('answer');
  }
}

function playGrpc(script: UpstreamScript, stream: ServerHttp2Stream): void {
  const [, status = '0', alone] = script.split(' ');
  const headers = { ':status': 200, 'content-type': 'application/grpc' };
  if (alone !== undefined) {
    stream.respond({ ...headers, 'grpc-status': status }, { endStream: true });
    return;
  }
  stream.respond(headers, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
  stream.end('12345');
}
