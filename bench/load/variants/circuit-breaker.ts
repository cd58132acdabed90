import type { CircuitBreaker, PluginConfiguration } from '../../../host/src/plan/plugin-configuration.ts';
import { benchHost, rules } from '../../rules.ts';
import { sluice, sluicePlugin } from './sluice.ts';
import type { Variant } from './variant.ts';
import { manyHosts } from './virtual-hosts.ts';

/**
 * A breaker that is on and closed, in front of an upstream whose answers it looks at, beside the limiter there: the
 * upstream is a second listener of the same Envoy, and the run without a filter has it too.
 */
const upstream = { hasUpstream: true, baseline: 'upstream-no-filter' };

const failureRate: CircuitBreaker = {
  name: 'bench/breaker/failures',
  hosts: [benchHost],
  minimumCalls: 10,
  failureRate: 5000,
};
const slowCalls: CircuitBreaker = {
  name: 'bench/breaker/slow',
  hosts: [benchHost],
  minimumCalls: 10,
  slowCallNanos: 500_000_000,
  maxSlowCalls: 5,
};

export const circuitBreakerVariants: Variant[] = [
  { name: 'upstream-no-filter', title: 'no filter, an upstream', httpFilters: () => [], ...upstream },
  {
    ...sluice('upstream-sluice-bucket', 'Sluice, one bucket for one host, an upstream', [rules.bucket]),
    ...upstream,
  },
  breaker('sluice-breaker', 'Sluice, a breaker by failure rate', failureRate),
  breaker('sluice-breaker-all-in-one', 'Sluice, a breaker, sluice.wasm', failureRate, 'sluice.wasm'),
  {
    ...sluice(
      'upstream-sluice-all-in-one',
      'Sluice, one bucket, sluice.wasm, an upstream',
      [rules.bucket],
      'sluice.wasm',
    ),
    ...upstream,
  },
  breaker('sluice-breaker-slow', 'Sluice, a breaker by slow calls', slowCalls),
  breaker('sluice-breaker-both', 'Sluice, a breaker by both', { ...slowCalls, ...failureRate }),
  breaker('sluice-breaker-key', 'Sluice, a breaker per header value', {
    ...failureRate,
    key: [{ on: 'header', name: 'x-user' }],
  }),
  {
    ...sluice('upstream-sluice-header-key', 'Sluice, a bucket per header value, an upstream', [
      rules.headerKey,
    ]),
    ...upstream,
  },
  ...breakersOfHosts(1),
  ...breakersOfHosts(10_000),
];

function breaker(
  name: string,
  title: string,
  circuitBreaker: CircuitBreaker,
  module = 'circuit-breaker.wasm',
): Variant {
  const configuration: PluginConfiguration = { version: 1, circuitBreakers: [circuitBreaker] };
  return { ...sluicePlugin(name, title, configuration, module), ...upstream };
}

/** A breaker for each of so many hosts, over as many hosts without a filter. */
function breakersOfHosts(count: number): Variant[] {
  const { hosts, label, ...hostsOfBoth } = manyHosts(count);
  const shared = { ...hostsOfBoth, hasUpstream: true, baseline: `upstream-hosts-${count}-no-filter` };
  const configuration: PluginConfiguration = {
    version: 1,
    circuitBreakers: hosts.map((host) => ({ ...failureRate, name: `bench/breaker/${host}`, hosts: [host] })),
  };
  return [
    {
      name: shared.baseline,
      title: `no filter, ${label}, an upstream`,
      httpFilters: () => [],
      ...shared,
    },
    {
      ...sluicePlugin(
        `sluice-breakers-${count}`,
        `Sluice, ${label}, a breaker each`,
        configuration,
        'circuit-breaker.wasm',
      ),
      ...shared,
    },
  ];
}
