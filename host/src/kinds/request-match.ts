import ipaddr from 'ipaddr.js';
import type { ValueSource } from '../plan/plugin-configuration.ts';
import type { PolicyCondition, TextComparison } from '../policy/policy.ts';
import type { Comparison, HeaderComparison, RequestMatch } from './policy-parts-schema.ts';

/** The conditions of a `match`, cheapest first: the request path stops at the first that fails. */
export function requestConditions(match: RequestMatch): PolicyCondition[] {
  const { methods, path, headers = [], queryParameters = [], cookies = [], clientAddresses } = match;
  return [
    ...(methods === undefined ? [] : [methodCondition(methods)]),
    ...(path === undefined ? [] : [condition({ on: 'path' }, path)]),
    ...headerConditions(headers),
    ...queryParameters.map((parameter) => condition({ on: 'query', name: parameter.name }, parameter)),
    ...cookies.map((cookie) => condition({ on: 'cookie', name: cookie.name }, cookie)),
    ...(clientAddresses === undefined ? [] : [addressCondition(clientAddresses)]),
  ];
}

export function headerConditions(headers: readonly HeaderComparison[]): PolicyCondition[] {
  return headers.map((header) => condition({ on: 'header', name: header.name.toLowerCase() }, header));
}

function methodCondition(methods: string[]): PolicyCondition {
  const [first] = methods;
  if (methods.length === 1) return { on: 'method', is: 'exact', value: first! };
  const escaped = methods.map((method) => method.replaceAll(/[^\w]/g, '\\$&'));
  return { on: 'method', is: 'regex', expression: [...new Set(escaped)].join('|') };
}

function condition(source: ValueSource, comparison: Comparison): PolicyCondition {
  return { ...source, ...textComparison(comparison) };
}

function textComparison({ present, regex, ...comparison }: Comparison): TextComparison {
  const invert = comparison.invert === true ? { invert: true } : {};
  if (present !== undefined) {
    return present === (comparison.invert === true) ? { is: 'present', invert: true } : { is: 'present' };
  }
  if (regex !== undefined) {
    return { is: 'regex', expression: comparison.ignoreCase === true ? `(?i:${regex})` : regex, ...invert };
  }
  const ignoreCase = comparison.ignoreCase === true ? { ignoreCase: true } : {};
  for (const is of ['prefix', 'suffix', 'contains'] as const) {
    const value = comparison[is];
    if (value !== undefined) return { is, value, ...ignoreCase, ...invert };
  }
  return { is: 'exact', value: comparison.exact ?? '', ...ignoreCase, ...invert };
}

function addressCondition({
  ranges,
  invert,
}: {
  ranges: string[];
  invert?: boolean | undefined;
}): PolicyCondition {
  return {
    on: 'clientAddress',
    ranges: [...new Set(ranges.map(networkRange))],
    ...(invert === true && { invert: true }),
  };
}

/** The range with its host bits cleared: `10.1.2.3/8` is `10.0.0.0/8`. */
function networkRange(range: string): string {
  const [address, length] = ipaddr.parseCIDR(range);
  const network =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(range)
      : ipaddr.IPv6.networkAddressFromCIDR(range);
  return `${network.toString()}/${length}`;
}
