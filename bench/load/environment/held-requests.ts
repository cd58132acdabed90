import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { createConnection, type Socket } from 'node:net';
import { poll } from '../../../host/src/proxy/poll.ts';

export interface HeldLoad {
  port: number;
  requests: number;
  /** Authority of all of them. */
  host: string;
  headers(index: number): Record<string, string>;
}

/** Many requests at once that wait for their answers, and the ways in which their clients may end. */
export interface HeldRequests {
  /** How many answers had which status. */
  readonly answers: ReadonlyMap<number, number>;
  /** Ended without an answer, by the other side. */
  readonly failed: number;
  /** False when it is too late. */
  untilAllAnswered(withinMillis: number): Promise<boolean>;
  /** Every client ends its connection without a word. */
  cut(): Promise<void>;
  /** Every client takes its requests back and keeps its connections (HTTP/2), or ends them (HTTP/1). */
  takeBack(): Promise<void>;
}

/** What Envoy lets one connection carry. */
const streamsPerConnection = 100;
/** Opened at a time: the backlog of a listener is bounded. */
const socketsAtOnce = 500;

/** Over as few HTTP/2 connections as will carry them. */
export async function sendOverHttp2({ port, requests, host, headers }: HeldLoad): Promise<HeldRequests> {
  const tally = new Tally(requests);
  const sessions = await Promise.all(
    Array.from({ length: Math.ceil(requests / streamsPerConnection) }, () => openSession(port)),
  );
  const streams: ClientHttp2Stream[] = [];
  for (let index = 0; index < requests; index++) {
    const stream = sessions[index % sessions.length]!.request({
      ':path': '/',
      ':authority': host,
      ...headers(index),
    });
    stream.on('response', (answer) => tally.count(Number(answer[':status'])));
    stream.on('error', () => {});
    stream.on('close', () => tally.end(stream));
    stream.resume();
    streams.push(stream);
    // Lets the requests go while more are made.
    if (index % 500 === 499) await new Promise((resolve) => setImmediate(resolve));
  }
  const destroy = async () => {
    tally.isOver = true;
    await Promise.all(
      sessions.map(async (session) => {
        const closed = session.destroyed ? undefined : once(session, 'close');
        session.socket.destroy();
        session.destroy();
        await closed;
      }),
    );
  };
  return Object.assign(tally, {
    cut: destroy,
    async takeBack() {
      tally.isOver = true;
      await Promise.all(
        streams.map(async (stream) => {
          if (stream.closed || stream.destroyed) return;
          const closed = once(stream, 'close');
          stream.close(constants.NGHTTP2_CANCEL);
          await closed;
        }),
      );
      await destroy();
    },
  });
}

/** Over a connection each. */
export async function sendOverHttp1({ port, requests, host, headers }: HeldLoad): Promise<HeldRequests> {
  const tally = new Tally(requests);
  const sockets: Socket[] = [];
  while (sockets.length < requests) {
    const count = Math.min(socketsAtOnce, requests - sockets.length);
    const opened = await Promise.all(Array.from({ length: count }, () => openSocket(port)));
    for (const socket of opened) {
      const lines = Object.entries(headers(sockets.length)).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}\r\n`);
      socket.once('data', (chunk) => tally.count(Number(chunk.toString('latin1', 9, 12))));
      socket.on('close', () => tally.end(socket));
      sockets.push(socket);
    }
  }
  const cut = async () => {
    tally.isOver = true;
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return Object.assign(tally, { cut, takeBack: cut });
}

class Tally {
  readonly answers = new Map<number, number>();
  failed = 0;
  isOver = false;
  #answered = 0;
  readonly #requests: number;
  readonly #ended = new Set<object>();

  constructor(requests: number) {
    this.#requests = requests;
  }

  count(status: number): void {
    this.#answered++;
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
  }

  end(stream: object): void {
    this.#ended.add(stream);
    if (!this.isOver) this.failed = Math.max(0, this.#ended.size - this.#answered);
  }

  async untilAllAnswered(withinMillis: number): Promise<boolean> {
    const isDone = () => this.#answered + this.failed >= this.#requests;
    return (await poll(async () => isDone() || undefined, { withinMillis, everyMillis: 10 })) ?? false;
  }
}

async function openSession(port: number): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`);
  await once(session, 'remoteSettings');
  return session.on('error', () => {});
}

async function openSocket(port: number): Promise<Socket> {
  const socket = createConnection(port, '127.0.0.1').setNoDelay();
  await once(socket, 'connect');
  return socket.on('error', () => socket.destroy());
}
