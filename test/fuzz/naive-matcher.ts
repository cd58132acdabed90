import type {
  Condition,
  Descriptor,
  RateLimitRule,
  ValueSource,
} from '../../host/src/plan/plugin-configuration.ts';

/**
 * What the contract (host/src/plan/plugin-configuration.ts) says of a request, read literally and slowly: the oracle
 * for the matcher in the module. Nothing here is taken from the module.
 */
export interface Arrival {
  method: string | null;
  path: string | null;
  authority: string | null;
  headers: [name: string, value: string][];
  sourceAddress: string;
  routeName: string | undefined;
  connectionId: number;
}

export function ruleApplies(rule: RateLimitRule, patterns: readonly string[], arrival: Arrival): boolean {
  const { host, port } = splitAuthority(arrival.authority);
  const hosts = rule.hosts ?? ['*'];
  if (!hosts.some((pattern) => hostCovers(pattern.toLowerCase(), host))) return false;
  if (rule.ports !== undefined && port !== undefined && !rule.ports.includes(port)) return false;
  if (rule.routes !== undefined && !rule.routes.some((name) => name === arrival.routeName)) return false;
  if (!allHold(rule.match ?? [], patterns, arrival)) return false;
  if (rule.whenKeyMissing !== 'skip') return true;
  return (rule.key ?? []).every((descriptor) => descriptorValue(descriptor, arrival) !== undefined);
}

/** Position of the override that replaces the limit, −1 for none. */
export function chosenOverride(rule: RateLimitRule, patterns: readonly string[], arrival: Arrival): number {
  return (rule.overrides ?? []).findIndex(({ match }) => allHold(match, patterns, arrival));
}

/** The bucket's key as text; a missing value is the empty one. */
export function keyOf(rule: RateLimitRule, arrival: Arrival): string {
  return JSON.stringify((rule.key ?? []).map((descriptor) => descriptorValue(descriptor, arrival) ?? ''));
}

export function allHold(
  conditions: readonly Condition[],
  patterns: readonly string[],
  arrival: Arrival,
): boolean {
  return conditions.every((condition) => holds(condition, patterns, arrival));
}

function holds(condition: Condition, patterns: readonly string[], arrival: Arrival): boolean {
  if (condition.on === 'clientAddress') {
    const address = parseAddress(arrival.sourceAddress);
    if (address === undefined) return false;
    const isInside = condition.ranges.some((range) => rangeHolds(range, address));
    return isInside !== (condition.invert ?? false);
  }
  const value = valueFrom(condition, arrival);
  if (condition.is === 'present') return (value !== undefined) !== (condition.invert ?? false);
  if (value === undefined) return false;
  return compares(condition, value, patterns) !== (condition.invert ?? false);
}

type Compare = Extract<Condition, { is: string }>;

function compares(condition: Compare, value: string, patterns: readonly string[]): boolean {
  if (condition.is === 'present') return true;
  if (condition.is === 'regex') return new RegExp(`^(?:${patterns[condition.pattern]})$`, 'u').test(value);
  const fold = (text: string) => (condition.ignoreCase ? asciiLowerCase(text) : text);
  const got = fold(value);
  const wanted = fold(condition.value);
  if (condition.is === 'exact') return got === wanted;
  if (condition.is === 'prefix') return got.startsWith(wanted);
  if (condition.is === 'suffix') return got.endsWith(wanted);
  return got.includes(wanted);
}

function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function valueFrom(source: ValueSource, arrival: Arrival): string | undefined {
  switch (source.on) {
    case 'header': {
      const values = arrival.headers.filter(([name]) => name === source.name).map(([, value]) => value);
      return values.length === 0 ? undefined : values.join(',');
    }
    case 'cookie':
      for (const [name, value] of arrival.headers) {
        if (name !== 'cookie') continue;
        for (const part of value.split(';')) {
          const found = valueOfPair(part.replace(/^ +/, ''), source.name);
          if (found !== undefined) return found;
        }
      }
      return undefined;
    case 'query': {
      if (arrival.path === null || !arrival.path.includes('?')) return undefined;
      const query = arrival.path.slice(arrival.path.indexOf('?') + 1);
      for (const part of query.split('&')) {
        const found = valueOfPair(part, source.name);
        if (found !== undefined) return found;
      }
      return undefined;
    }
    case 'path':
      return arrival.path?.split('?', 1)[0];
    case 'method':
      return arrival.method ?? undefined;
    case 'host':
      return splitAuthority(arrival.authority).host;
  }
}

/** The value of `name=value`; a name alone has the empty one. */
function valueOfPair(pair: string, name: string): string | undefined {
  const equals = pair.indexOf('=');
  if (equals < 0) return pair === name ? '' : undefined;
  return pair.slice(0, equals) === name ? pair.slice(equals + 1) : undefined;
}

/** The host ends at the last colon that is in no brackets, as in Envoy; what follows may be a port or may not. */
export function splitAuthority(authority: string | null): {
  host: string | undefined;
  port: number | undefined;
} {
  if (authority === null || authority === '') return { host: undefined, port: undefined };
  const parts = /^(.*):([^:\]]*)$/s.exec(authority);
  if (parts === null) return { host: authority, port: undefined };
  const port = /^\d+$/.test(parts[2]!) ? Number(parts[2]) : 0;
  return {
    host: parts[1] === '' ? undefined : parts[1],
    port: port >= 1 && port <= 65535 ? port : undefined,
  };
}

function hostCovers(pattern: string, host: string | undefined): boolean {
  if (pattern === '*') return true;
  if (host === undefined) return false;
  const lower = asciiLowerCase(host);
  if (!pattern.startsWith('*.')) return lower === pattern;
  return lower.endsWith(pattern.slice(1));
}

function descriptorValue(descriptor: Descriptor, arrival: Arrival): string | undefined {
  if (descriptor.on === 'connection') return String(arrival.connectionId);
  if (descriptor.on === 'clientAddress') {
    const address = parseAddress(arrival.sourceAddress);
    if (address === undefined) return undefined;
    const { family, bits } = address;
    const kept = family === 4 ? (descriptor.ipv4PrefixLength ?? 32) : (descriptor.ipv6PrefixLength ?? 128);
    return `${family}:${bits >> BigInt((family === 4 ? 32 : 128) - kept)}`;
  }
  const value = valueFrom(descriptor, arrival);
  return descriptor.on === 'host' && value !== undefined ? asciiLowerCase(value) : value;
}

interface Address {
  family: 4 | 6;
  bits: bigint;
}

function rangeHolds(range: string, address: Address): boolean {
  const [text, length] = range.split('/');
  const network = parseAddress(text!);
  if (network === undefined || network.family !== address.family) return false;
  const width = network.family === 4 ? 32 : 128;
  const shift = BigInt(width - (length === undefined ? width : Number(length)));
  return network.bits >> shift === address.bits >> shift;
}

/** `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]:80`; anything else is no address. */
function parseAddress(text: string): Address | undefined {
  const bare = text
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1')
    .replace(/%.*$/, '');
  const four = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(bare);
  if (four !== null) {
    if (four.slice(1).some((part) => Number(part) > 255)) return undefined;
    return { family: 4, bits: four.slice(1).reduce((bits, part) => bits * 256n + BigInt(part), 0n) };
  }
  if (!bare.includes(':')) return undefined;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(bare);
  const hexadecimal = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16);
  const plain =
    dotted === null
      ? bare
      : `${dotted[1]}${hexadecimal(dotted[2]!, dotted[3]!)}:${hexadecimal(dotted[4]!, dotted[5]!)}`;
  const [before, after] = plain.split('::');
  const head = before === '' ? [] : before!.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const missing = 8 - head.length - tail.length;
  if (plain.split('::').length > 2 || (after === undefined ? missing !== 0 : missing < 1)) return undefined;
  const groups = [...head, ...new Array<string>(missing).fill('0'), ...tail];
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return {
    family: 6,
    bits: groups.reduce((bits, group) => bits * 65_536n + BigInt(Number.parseInt(group, 16)), 0n),
  };
}
