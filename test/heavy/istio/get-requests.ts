import { type Agent, request } from 'node:http';
import type { SocketAddress } from '../../../host/src/envoy/options.ts';

export interface GetOptions {
  path?: string;
  headers?: Record<string, string>;
  /** Default: a connection of its own for each request. */
  agent?: Agent;
}

export interface GetAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  waitedMillis: number;
}

/** One GET to a host of a proxy. */
export function get(proxy: SocketAddress, host: string, options: GetOptions = {}): Promise<GetAnswer> {
  const { path = '/', headers = {}, agent } = options;
  const sentAt = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: proxy.host,
        port: proxy.port,
        path,
        headers: { ...headers, host },
        agent: agent ?? false,
        timeout: 15_000,
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.once('end', () =>
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            body,
            waitedMillis: performance.now() - sentAt,
          }),
        );
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`expected an answer from ${host} within 15 s`)));
    sent.on('error', reject);
    sent.end();
  });
}

/** Statuses of so many GETs, one after the other. */
export async function statuses(
  proxy: SocketAddress,
  host: string,
  count: number,
  options: GetOptions = {},
): Promise<number[]> {
  const seen: number[] = [];
  for (let index = 0; index < count; index++) seen.push((await get(proxy, host, options)).status);
  return seen;
}
