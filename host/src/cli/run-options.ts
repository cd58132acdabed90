import { InvalidArgumentError } from 'commander';
import type { FailurePolicy, SocketAddress, Upstream } from '../envoy/options.ts';
import type { PluginConfiguration } from '../plan/plugin-configuration.ts';
import { parseSocketAddress } from '../proxy/socket-address.ts';
import type { PolicyOptions } from './policy-options.ts';

/** What Envoy may run on. */
export const engines = ['local', 'container'] as const;

/** What `sluice run` is told. */
export interface RunOptions extends PolicyOptions {
  listen: SocketAddress;
  listenLocal?: SocketAddress;
  admin: SocketAddress;
  concurrency?: number;
  upstream: RunUpstreams;
  engine: (typeof engines)[number];
  envoy?: string;
  image?: string;
  module?: string;
  failurePolicy: FailurePolicy;
  logLevel?: NonNullable<PluginConfiguration['logLevel']>;
  accessLog?: string;
  locality?: string;
}

/** What the `--upstream` options say together. */
export interface RunUpstreams {
  /** For every host not named; absent: the echo server. */
  default?: Upstream;
  byHost: ReadonlyMap<string, Upstream>;
}

export function parseAddress(text: string): SocketAddress {
  const address = parseSocketAddress(text);
  if (address === undefined) throw new InvalidArgumentError(`expected ADDR:PORT, got ${text}`);
  return address;
}

export function parseConcurrency(text: string): number {
  const concurrency = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (concurrency < 1 || concurrency > 1024) {
    throw new InvalidArgumentError(`expected a whole number from 1 to 1024, got ${text}`);
  }
  return concurrency;
}

/** `REGION[/ZONE[/SUBZONE]]`, as Kubernetes labels its nodes. */
export function parseLocality(text: string): string {
  if (/^[\w.-]+(\/[\w.-]+){0,2}$/.test(text)) return text;
  throw new InvalidArgumentError(`expected REGION[/ZONE[/SUBZONE]], got ${text}`);
}

/** Adds one `[HOST=][h2c://]ADDR:PORT` to those before it. Several for one host share its requests. */
export function collectUpstream(text: string, before: RunUpstreams): RunUpstreams {
  const parts = /^(?:([^=]*)=)?(h2c:\/\/|http:\/\/)?(.*)$/s.exec(text)!;
  const [, host, scheme, rest] = parts;
  const address = parseSocketAddress(rest!.replace(/\/$/, ''));
  if (address === undefined || address.port === 0 || rest!.startsWith(':') || host === '') {
    throw new InvalidArgumentError(`expected [HOST=]ADDR:PORT or [HOST=]h2c://ADDR:PORT, got ${text}`);
  }
  const upstream: Upstream = { ...address, ...(scheme === 'h2c://' && { protocol: 'h2c' as const }) };
  if (host === undefined) return { ...before, default: together(before.default, upstream) };
  const name = host.toLowerCase();
  return {
    ...before,
    byHost: new Map([...before.byHost, [name, together(before.byHost.get(name), upstream)]]),
  };
}

function together(before: Upstream | undefined, { host, port, protocol }: Upstream): Upstream {
  if (before === undefined) return { host, port, ...(protocol !== undefined && { protocol }) };
  return {
    ...before,
    ...(protocol !== undefined && { protocol }),
    more: [...(before.more ?? []), { host, port }],
  };
}
