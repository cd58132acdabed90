import { type Found, fieldOf, fieldPattern, findFields, isFieldMap } from '../field-path.ts';
import { error, type Rule, warning } from '../rule.ts';

const POLICIES = [
  'spec.trafficPolicy',
  'spec.trafficPolicy.portLevelSettings[]',
  'spec.subsets[].trafficPolicy',
  'spec.subsets[].trafficPolicy.portLevelSettings[]',
].map(fieldPattern);

/** What stands at `path` in any of a rule's traffic policies. */
export function inTrafficPolicies(value: unknown, ...names: string[]): Found[] {
  return POLICIES.flatMap((pattern) => findFields(value, pattern)).flatMap((policy) => {
    let found: Found = policy;
    for (const name of names) found = { path: [...found.path, name], value: fieldOf(found.value, name) };
    return found.value === undefined ? [] : [found];
  });
}

/** `consecutiveErrors` is the retired spelling: https://istio.io/v1.8/docs/reference/config/networking/destination-rule/#OutlierDetection */
export const istioConsecutiveErrors: Rule = (value) =>
  inTrafficPolicies(value, 'outlierDetection').flatMap(({ path, value: detection }) => {
    if (fieldOf(detection, 'consecutiveErrors') === undefined) return [];
    const place = [...path, 'consecutiveErrors'];
    const other = ['consecutive5xxErrors', 'consecutiveGatewayErrors'].find(
      (name) => fieldOf(detection, name) !== undefined,
    );
    if (other !== undefined) {
      return [error(place, `expected either consecutiveErrors, the retired spelling, or ${other}, got both`)];
    }
    const message =
      'expected consecutive5xxErrors, got consecutiveErrors, its retired spelling, which is read as that';
    return [{ ...warning(place, message), at: 'key' as const }];
  });

/** Nothing would ever be ejected. */
export const istioEjectionPossible: Rule = (value) =>
  inTrafficPolicies(value, 'outlierDetection').flatMap(({ path, value: detection }) => {
    if (!isFieldMap(detection) || detection.maxEjectionPercent !== 0) return [];
    return [
      warning(
        [...path, 'maxEjectionPercent'],
        'expected a percentage above 0, got 0: no server is ever ejected',
      ),
    ];
  });

/** Fields of a traffic policy that Sluice reads and cannot honour. */
export const istioTrafficNotHonoured: Rule = (value) => [
  ...named(
    value,
    ['tls'],
    'expected no tls: Sluice speaks clear text with servers',
    (tls) => fieldOf(tls, 'mode') === 'DISABLE',
  ),
  ...named(value, ['tunnel'], 'expected no tunnel, which has no effect here'),
  ...named(value, ['proxyProtocol'], 'expected no proxyProtocol, which has no effect here'),
  ...named(value, ['retryBudget'], 'expected no retryBudget, which has no effect here'),
  ...named(
    value,
    ['loadBalancer', 'localityLbSetting', 'failoverPriority'],
    'expected distribute or failover, got failoverPriority, which has no effect here: servers are chosen by locality',
  ),
  ...named(
    value,
    ['connectionPool', 'http', 'useClientProtocol'],
    'expected h2UpgradePolicy, got useClientProtocol, which has no effect here',
    (flag) => flag === false,
  ),
  ...named(
    value,
    ['connectionPool', 'http', 'http2KeepAlive'],
    'expected no http2KeepAlive, which has no effect here',
  ),
  ...named(
    value,
    ['loadBalancer', 'simple'],
    'expected a way to choose servers, got PASSTHROUGH: Sluice takes them in turn',
    (simple) => simple !== 'PASSTHROUGH',
  ),
];

function named(
  value: unknown,
  names: string[],
  message: string,
  isNothing: (value: unknown) => boolean = () => false,
) {
  return inTrafficPolicies(value, ...names)
    .filter((found) => !isNothing(found.value))
    .map(({ path }) => ({ ...warning(path, message), at: 'key' as const }));
}

/** One thing decides which server gets a request. */
export const istioOneLoadBalancer: Rule = (value) => [
  ...inTrafficPolicies(value, 'loadBalancer').flatMap(({ path, value: balancer }) =>
    fieldOf(balancer, 'simple') !== undefined && fieldOf(balancer, 'consistentHash') !== undefined
      ? [error([...path, 'consistentHash'], 'expected either simple or consistentHash, got both')]
      : [],
  ),
  ...inTrafficPolicies(value, 'loadBalancer', 'consistentHash').flatMap(({ path, value: hash }) => {
    if (!isFieldMap(hash)) return [];
    const keys = ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'];
    const present = keys.filter((name) => Object.hasOwn(hash, name));
    if (present.length === 1) return [];
    const got = present.length === 0 ? 'none' : present.join(' and ');
    return [error(path, `expected exactly one of ${keys.join(', ')}, got ${got}`)];
  }),
  ...inTrafficPolicies(value, 'loadBalancer', 'localityLbSetting', 'distribute').flatMap(
    ({ path, value: list }) =>
      (Array.isArray(list) ? list : []).flatMap((item, at) => {
        const to = fieldOf(item, 'to');
        if (!isFieldMap(to)) return [];
        const sum = Object.values(to).reduce<number>((total, share) => total + Number(share), 0);
        if (sum === 100) return [];
        return [error([...path, at, 'to'], `expected shares that are 100 together, got ${sum}`)];
      }),
  ),
];
