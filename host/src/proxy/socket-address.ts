import { createServer } from 'node:net';
import type { SocketAddress } from '../envoy/options.ts';
import { EnvironmentError } from './environment-error.ts';

/** `ADDR:PORT`, `[IPV6]:PORT` or `:PORT` (all addresses); undefined when it is none of these. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@=\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(parts?.[3]);
  if (parts === null || port > 65_535) return undefined;
  return { host: parts[1] ?? (parts[2] || '0.0.0.0'), port };
}

export function formatSocketAddress({ host, port }: SocketAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What is bound on all addresses is reached on the loopback. */
export function connectable({ host, port }: SocketAddress): SocketAddress {
  const loopback: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  return { host: loopback[host] ?? host, port };
}

/**
 * Envoy binds with `SO_REUSEPORT`, so two Envoys of one user would share a port without a word. Binding once without
 * it finds out.
 */
export async function expectFree(address: SocketAddress, option: string): Promise<void> {
  if (address.port === 0) return;
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host: address.host, port: address.port, exclusive: true }, () =>
      server.close(() => resolve(undefined)),
    );
  });
  if (error === undefined) return;
  const text = formatSocketAddress(address);
  switch (error.code) {
    case 'EADDRINUSE':
      throw new EnvironmentError(
        `expected ${text} to be free, but another process listens there; end it or choose another address with ${option} ADDR:PORT (port 0 takes any free one)`,
      );
    case 'EADDRNOTAVAIL':
      throw new EnvironmentError(`expected ${option} to name an address of this machine, got ${text}`);
    case 'EACCES':
      throw new EnvironmentError(
        `expected ${text} to be allowed to this user; choose a port from 1024 up with ${option} ADDR:PORT`,
      );
    default:
      throw new EnvironmentError(`cannot listen on ${text} (${option}): ${error.message}`);
  }
}
