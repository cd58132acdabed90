import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SocketAddress } from '../../host/src/envoy/options.ts';
import type { HeaderStep, Pairs } from './header-case.ts';

/** An upstream that keeps what it received and answers as told, by the request's `x-test-id`. */
export interface HeaderUpstream {
  address: SocketAddress;
  expect(id: string, answer: HeaderStep['answer']): void;
  received(id: string): Pairs | undefined;
  stop(): Promise<void>;
}

export async function startHeaderUpstream(): Promise<HeaderUpstream> {
  const answers = new Map<string, HeaderStep['answer']>();
  const requests = new Map<string, Pairs>();
  const server = createServer((request, response) => {
    const id = String(request.headers['x-test-id']);
    requests.set(id, pairsOf(request));
    const { status = 200, headers = [] } = answers.get(id) ?? {};
    response.sendDate = false;
    response.writeHead(status, headers.flat());
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    expect: (id, answer) => answers.set(id, answer),
    received: (id) => requests.get(id),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Headers as they came on the wire, their bytes as UTF-8, names in lower case. */
export function pairsOf({ rawHeaders }: IncomingMessage): Pairs {
  const pairs: Pairs = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    pairs.push([rawHeaders[at]!.toLowerCase(), Buffer.from(rawHeaders[at + 1]!, 'latin1').toString('utf8')]);
  return pairs;
}
