import { createServer as createHttp1Server, type RequestListener } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/** `{method, path, headers}`; each header has all its values, in the order they came. */
const echo: RequestListener = (request, response) => {
  const headers: Record<string, string[]> = Object.create(null);
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at]!;
    const values = headers[name];
    if (values === undefined) headers[name] = [request.rawHeaders[at + 1]!];
    else values.push(request.rawHeaders[at + 1]!);
  }
  const body = JSON.stringify({ method: request.method, path: request.url, headers });
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
};

// A connection is closed by its client alone: a server that closes quiet ones loses requests on their way.
const http1 = createHttp1Server({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, echo);
const http2 = createHttp2Server({}, echo as unknown as Parameters<typeof createHttp2Server>[1]);

/** HTTP/2 with prior knowledge begins with `PRI * HTTP/2.0`; no HTTP/1 method does. */
const server = createServer((socket: Socket) => {
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.once('data', (first) => {
    socket.pause();
    socket.unshift(first);
    if (first.toString('latin1', 0, 3) === 'PRI') {
      // The session takes what was read so far, and the handle; a socket that flows would read on beside it.
      http2.emit('connection', socket);
    } else {
      http1.emit('connection', socket);
      socket.resume();
    }
  });
});

const { host, port } = workerData as { host: string; port: number };
server.listen({ host, port, backlog: 4096 }, () => {
  parentPort!.postMessage((server.address() as AddressInfo).port);
});
