import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { constants, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Upstream } from '../../host/src/envoy/options.ts';
import type { Received } from './behaviour-case.ts';
import { readScript, type ScriptedResponse, type UpstreamScript } from './upstream-script.ts';

/** The request header that says what is to be done with it, an `UpstreamScript`. */
export const SCRIPT = 'x-upstream';
/** The header of answers that says what the upstream got. */
export const RECEIVED = 'x-received';

export interface ScriptedUpstream {
  address: Upstream;
  /** Requests that have come so far. */
  readonly requests: number;
  stop(): Promise<void>;
}

/**
 * A server that does what each request asks of it, and answers with what it got of it, numbered in the order in which
 * requests came. HTTP/2, for the trailers.
 */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  let requests = 0;
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream, headers) => {
    const script = (headers[SCRIPT] ?? 'ok') as UpstreamScript;
    record(stream, requests++, (received) => play(script, received, stream));
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port, protocol: 'h2c' },
    get requests() {
      return requests;
    },
    async stop() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

function record(stream: ServerHttp2Stream, order: number, whenAllIsHere: (received: Received) => void): void {
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
  stream.on('end', () => whenAllIsHere({ order, bodyBytes, bodyHash: hash.digest('hex'), trailers }));
}

function play(script: UpstreamScript, received: Received, stream: ServerHttp2Stream): void {
  const act = readScript(script);
  if (act === 'disconnect') {
    stream.session?.destroy();
  } else if (act === 'reset') {
    stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  } else {
    const timer = setTimeout(() => respond(act, received, stream), act.afterMillis);
    stream.on('close', () => clearTimeout(timer));
  }
}

function respond(
  { status, headers, body, trailers }: ScriptedResponse,
  received: Received,
  stream: ServerHttp2Stream,
): void {
  stream.respond(
    { ':status': status, ...headers, [RECEIVED]: JSON.stringify(received) },
    { endStream: body === '', waitForTrailers: trailers !== undefined },
  );
  stream.on('wantTrailers', () => stream.sendTrailers(trailers!));
  if (body !== '') stream.end(body);
}
