import type { Plan } from '../plan/plan.ts';

/** What a plan asks for that the place it runs at does not have; whole statements, one a line. */
export function servingWarnings(plan: Plan, { listenLocal }: { listenLocal?: unknown }): string[] {
  if (listenLocal !== undefined) return [];
  const hosts = plan.virtualHosts
    .filter(({ listeners }) => listeners !== undefined && !listeners.includes('external'))
    .flatMap(({ domains }) => domains);
  if (hosts.length === 0) return [];
  return [
    `warning: expected --listen-local ADDR:PORT for hosts of visibility ClusterLocal, got none: ${hosts.join(', ')} ${hosts.length === 1 ? 'is' : 'are'} not served`,
  ];
}
