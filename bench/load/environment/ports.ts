import { createServer } from 'node:net';

/** Below what the system gives to connections of clients (32768 on Linux), so that none of them takes it meanwhile. */
const firstPort = 20_000;
const lastPort = 32_000;
let next = firstPort + (process.pid % (lastPort - firstPort));

/** A TCP port of 127.0.0.1 that is free, another one each time. */
export async function freePort(): Promise<number> {
  for (let tried = firstPort; tried < lastPort; tried++) {
    next = next === lastPort ? firstPort : next + 1;
    if (await isFree(next)) return next;
  }
  throw new Error(`Expected a free port from ${firstPort} to ${lastPort}, got none`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
