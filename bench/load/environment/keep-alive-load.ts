import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What fortio cannot do: another request each time. */
export interface KeepAliveLoad {
  port: number;
  /** Each with one request under way at most: Envoy ends a connection with more than two local replies queued. */
  connections: number;
  requests: number;
  requestsPerSecond: number;
  /** `Name: value` lines of the request with this number. */
  headers(index: number): string[];
}

const stepMillis = 2;

/** Sends every request, at the rate or as near as the answers allow; tells how many answers had which status. */
export async function runKeepAliveLoad(load: KeepAliveLoad): Promise<Map<number, number>> {
  const answers = new Map<number, number>();
  let [sent, answered] = [0, 0];
  const idle: Socket[] = [];
  const sockets = await Promise.all(Array.from({ length: load.connections }, () => connect(load.port)));
  for (const socket of sockets) {
    idle.push(socket);
    onAnswer(socket, (status) => {
      answers.set(status, (answers.get(status) ?? 0) + 1);
      answered++;
      idle.push(socket);
    });
  }
  const start = performance.now();
  while (answered < load.requests) {
    const elapsedSeconds = (performance.now() - start) / 1000;
    const due = Math.min(load.requests, Math.ceil(elapsedSeconds * load.requestsPerSecond));
    while (sent < due && idle.length > 0) {
      idle.pop()!.write(`GET / HTTP/1.1\r\n${load.headers(sent++).join('\r\n')}\r\n\r\n`);
    }
    if (sockets.some((socket) => socket.closed)) {
      throw new Error(`Expected the connections to stay open, got one closed after ${answered} answers`);
    }
    await sleep(stepMillis);
  }
  for (const socket of sockets) {
    socket.destroy();
  }
  return answers;
}

async function connect(port: number): Promise<Socket> {
  const socket = createConnection(port, '127.0.0.1').setNoDelay();
  await once(socket, 'connect');
  return socket.on('error', () => socket.destroy());
}

/** Calls back once an answer is there as a whole; every answer names its length. */
function onAnswer(socket: Socket, count: (status: number) => void): void {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    const bodyStart = text.indexOf('\r\n\r\n') + 4;
    const bodyLength = Number(text.match(/^content-length: (\d+)\r$/m)?.[1] ?? 0);
    if (bodyStart >= 4 && text.length >= bodyStart + bodyLength) {
      const status = Number(text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
      text = '';
      count(status);
    }
  });
}
