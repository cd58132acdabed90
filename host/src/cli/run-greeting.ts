import type { Plan, PlannedRoute } from '../plan/plan.ts';
import type { ServedPlan } from '../proxy/serve-plan.ts';
import { connectable, formatSocketAddress } from '../proxy/socket-address.ts';
import { inForce } from './in-force.ts';

/** What runs where, and what to try. */
export function greeting(
  plan: Plan,
  { envoy, echoAddress }: ServedPlan,
  watched: readonly string[],
): string[] {
  const url = `http://${formatSocketAddress(connectable(envoy.listenAddress))}`;
  const { host, path } = example(plan);
  const hostOption = host === undefined ? '' : ` -H 'Host: ${host}'`;
  return [
    `Envoy ${envoy.version} (${envoy.place}), ${inForce(plan)}`,
    `  admin     http://${formatSocketAddress(envoy.adminAddress)}`,
    ...(envoy.listenLocalAddress === undefined
      ? []
      : [`  local     http://${formatSocketAddress(envoy.listenLocalAddress)}`]),
    ...(echoAddress === undefined
      ? []
      : [
          `  upstream  http://${formatSocketAddress(echoAddress)}, an echo server: no --upstream for all hosts was given`,
        ]),
    `  log       ${envoy.logPath}`,
    ...(watched.length === 0 ? [] : [`  follows   ${watched.join(' ')}`]),
    'try:',
    `  curl -i${hostOption} ${url}${path}`,
    `  fortio load -qps 20 -c 4 -t 10s${hostOption} ${url}${path}`,
  ];
}

/** A request that some rule may limit, else one that some route takes. */
function example(plan: Plan): { host: string | undefined; path: string } {
  const served = plan.virtualHosts.filter(
    ({ listeners, isUnknownHost }) => isUnknownHost !== true && (listeners?.includes('external') ?? true),
  );
  for (const isWanted of [({ filtered }: PlannedRoute) => filtered, () => true]) {
    for (const { domains, routes } of served) {
      const host = domains.find((domain) => !domain.includes('*'));
      const route = routes.find(isWanted);
      if (route !== undefined && (host !== undefined || domains.includes('*')))
        return { host, path: route.pathPrefix };
    }
  }
  return { host: undefined, path: '/' };
}
