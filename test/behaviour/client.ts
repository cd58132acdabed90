import { Agent, request as http1Request } from 'node:http';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SocketAddress } from '../../host/src/envoy/options.ts';
import type { Answer, SentRequest } from './behaviour-case.ts';

/** An answer that takes longer never comes. */
const LONGEST_MILLIS = 12_000;
const PIECES = 8;

type Response = Pick<Answer, 'status' | 'headers' | 'body'>;
const LEFT: Response = { status: 'left', headers: {}, body: '' };

/** Sends requests to one address, over HTTP/1.1 and HTTP/2, on connections that have names. */
export function createClient({ host: address, port }: SocketAddress) {
  const agents = new Map<string, Agent>();
  const sessions = new Map<string, ClientHttp2Session>();

  const agentOf = (connection: string): Agent => {
    if (!agents.has(connection)) agents.set(connection, new Agent({ keepAlive: true, maxSockets: 1 }));
    return agents.get(connection)!;
  };
  const sessionOf = (connection: string, from: string): ClientHttp2Session => {
    const known = sessions.get(connection);
    if (known !== undefined && !known.closed && !known.destroyed) return known;
    const createConnection = () => connectTcp({ host: address, port, localAddress: from, noDelay: true });
    const session = connect(`http://${address}:${port}`, { createConnection });
    session.on('error', () => session.destroy());
    sessions.set(connection, session);
    return session;
  };

  return {
    send(sent: SentRequest): Promise<Response> {
      const name = `${sent.protocol} ${sent.connection} ${sent.from}`;
      const send = sent.protocol === 'h2' ? sendHttp2 : sendHttp1;
      return new Promise<Response>((resolve, reject) => {
        const timers = [setTimeout(() => reject(new Error('expected an answer, got none')), LONGEST_MILLIS)];
        const settle = (response: Response) => {
          for (const timer of timers) clearTimeout(timer);
          resolve(response);
        };
        const leave = send(sent, name, settle, reject);
        if (sent.leavesAfterMillis === undefined) return;
        timers.push(
          setTimeout(() => {
            settle(LEFT);
            leave();
          }, sent.leavesAfterMillis),
        );
      });
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      for (const session of sessions.values()) session.destroy();
    },
  };

  function sendHttp1(
    { method, path, headers, host, from, body, bodyMillis }: SentRequest,
    connection: string,
    settle: (response: Response) => void,
    reject: (error: Error) => void,
  ): () => void {
    const outgoing = http1Request(
      {
        agent: agentOf(connection),
        host: address,
        port,
        localAddress: from,
        method,
        path,
        headers: { ...headers, host },
      },
      (incoming) => {
        let text = '';
        incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
        incoming.on('end', () => {
          settle({ status: incoming.statusCode!, headers: joined(incoming.headers), body: text });
        });
      },
    );
    outgoing.on('error', reject);
    void write(outgoing, body, bodyMillis);
    return () => outgoing.destroy();
  }

  function sendHttp2(
    { method, path, headers, host, from, body, bodyMillis, trailers }: SentRequest,
    connection: string,
    settle: (response: Response) => void,
    reject: (error: Error) => void,
  ): () => void {
    const stream = sessionOf(connection, from).request(
      { ':method': method, ':path': path, ':authority': host, ...headers },
      { endStream: body === undefined && trailers === undefined, waitForTrailers: trailers !== undefined },
    );
    let status = 0;
    let received: Record<string, string> = {};
    let text = '';
    stream.on('wantTrailers', () => stream.sendTrailers(trailers!));
    stream.on('response', ({ ':status': code, ...others }) => {
      status = code!;
      received = joined(others);
    });
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.on('end', () => {
      if (status !== 0) settle({ status, headers: received, body: text });
    });
    stream.on('error', reject);
    if (body !== undefined || trailers !== undefined) void write(stream, body, bodyMillis);
    return () => stream.close(constants.NGHTTP2_CANCEL);
  }
}

/** Headers go at once, whenever the body comes. */
async function write(
  outgoing: NodeJS.WritableStream & { flushHeaders?: () => void; destroyed?: boolean },
  body: Uint8Array | undefined,
  millis: number,
): Promise<void> {
  if (body === undefined || millis === 0) {
    if (body !== undefined) outgoing.write(body);
    outgoing.end();
    return;
  }
  outgoing.flushHeaders?.();
  const size = Math.ceil(body.length / PIECES);
  for (let start = 0; start < body.length; start += size) {
    await sleep(millis / PIECES);
    if (outgoing.destroyed) return;
    outgoing.write(body.subarray(start, start + size));
  }
  outgoing.end();
}

function joined(headers: Record<string, string | string[] | number | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(',')]));
}
