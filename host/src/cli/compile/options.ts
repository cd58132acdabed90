import { InvalidArgumentError } from 'commander';
import type { FailurePolicy, SocketAddress } from '../../envoy/options.ts';
import type { Bypass, ExecutionPhase, FilterPosition, IstioResource } from '../../istio/options.ts';
import { type DefaultGateway, podsOfGateway } from '../../plan/mesh/proxy-group.ts';
import type { PluginConfiguration } from '../../plan/plugin-configuration.ts';
import { objectLabelName, objectLabelValue } from '../../policy/fields/object-label.ts';
import { namespaceName, objectName } from '../../policy/fields/text.ts';
import type { PolicyOptions } from '../policy-options.ts';
import type { RunUpstreams } from '../run-options.ts';

export interface CompileOptions extends PolicyOptions {
  to: string;
  output?: string;
  force: boolean;
  explain: boolean;
  module?: string;
  failurePolicy?: FailurePolicy;
  logLevel?: NonNullable<PluginConfiguration['logLevel']>;
  // Of one Envoy.
  listen: SocketAddress;
  listenLocal?: SocketAddress;
  admin: SocketAddress;
  upstream: RunUpstreams;
  locality?: string;
  // Of meshes.
  moduleSource?: string;
  gateway?: DefaultGateway;
  resource: IstioResource;
  set?: string;
  filterPosition?: FilterPosition;
  bypass: Bypass[];
  reloadBackoff?: string;
  phase?: ExecutionPhase;
  priority?: number;
}

/** `NAMESPACE/NAME` of a Gateway of Gateway API, or `NAMESPACE/LABEL=VALUE[,…]` of the pods of another. */
export function parseGateway(text: string): DefaultGateway {
  const slash = text.indexOf('/');
  const [namespace, rest] = [text.slice(0, Math.max(slash, 0)), text.slice(slash + 1)];
  const labels = rest.includes('=') ? labelsOf(rest) : undefined;
  const isName = labels === undefined && objectName().safeParse(rest).success;
  if (!namespaceName().safeParse(namespace).success || (labels === undefined && !isName)) {
    throw new InvalidArgumentError(
      `expected NAMESPACE/NAME or NAMESPACE/LABEL=VALUE[,LABEL=VALUE], got ${text}`,
    );
  }
  return labels === undefined ? podsOfGateway(namespace, rest) : { namespace, labels };
}

function labelsOf(text: string): Record<string, string> | undefined {
  const pairs = text.split(',').map((pair) => {
    const sign = pair.indexOf('=');
    return [pair.slice(0, Math.max(sign, 0)), pair.slice(sign + 1)] as const;
  });
  const isLabels = pairs.every(
    ([name, value]) =>
      objectLabelName().safeParse(name).success && objectLabelValue().safeParse(value).success,
  );
  return isLabels ? Object.fromEntries(pairs) : undefined;
}

export function parseSet(text: string): string {
  if (text.length <= 40 && /^[a-z0-9](-?[a-z0-9])*$/.test(text)) return text;
  throw new InvalidArgumentError(
    `expected lower-case letters, digits and single \`-\`, at most 40 long, got ${text}`,
  );
}

export function parseFilterPosition(text: string): FilterPosition {
  if (text === 'first') return 'first';
  const found = /^(before|after):([\w./-]{1,253})$/.exec(text);
  if (found === null)
    throw new InvalidArgumentError(`expected first, before:FILTER or after:FILTER, got ${text}`);
  return found[1] === 'before' ? { before: found[2]! } : { after: found[2]! };
}

/** Adds one `VIRTUALHOST[/ROUTE]` to those before it. */
export function collectBypass(text: string, before: Bypass[]): Bypass[] {
  const found = /^([^\s/]{1,253})(?:\/(\S{1,253}))?$/.exec(text);
  if (found === null) throw new InvalidArgumentError(`expected VIRTUALHOST[/ROUTE], got ${text}`);
  const [, virtualHost, route] = found;
  return [...before, { virtualHost: virtualHost!, ...(route !== undefined && { route }) }];
}

/** Seconds as protobuf writes them. */
export function parseBackoff(text: string): string {
  if (/^(0\.\d{0,8}[1-9]\d{0,8}|[1-9]\d{0,5}(\.\d{1,9})?)s$/.test(text)) return text;
  throw new InvalidArgumentError(`expected seconds such as 1s or 0.5s, got ${text}`);
}

export function parsePriority(text: string): number {
  const priority = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (priority >= -(2 ** 31) && priority < 2 ** 31) return priority;
  throw new InvalidArgumentError(`expected a whole number of 32 bits, got ${text}`);
}
