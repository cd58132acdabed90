import { unusedUpstreams } from '../envoy/host-upstreams.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunUpstreams } from './run-options.ts';

interface Place {
  listenLocal?: unknown;
  upstream: RunUpstreams;
}

/** What a plan and the place it runs at do not have in common; whole statements, one a line. */
export function servingWarnings(plan: Plan, { listenLocal, upstream }: Place): string[] {
  const unused = unusedUpstreams(plan, upstream.byHost.keys()).map(
    ({ host, because }) =>
      `warning: expected --upstream HOST=… to name a server, got ${host}, which has no effect: ${because}`,
  );
  const local = plan.virtualHosts
    .filter(({ listeners }) => listeners !== undefined && !listeners.includes('external'))
    .flatMap(({ domains }) => domains);
  if (listenLocal !== undefined || local.length === 0) return unused;
  const are = local.length === 1 ? 'is' : 'are';
  return [
    ...unused,
    `warning: expected --listen-local ADDR:PORT for hosts of visibility ClusterLocal, got none: ${local.join(', ')} ${are} not served`,
  ];
}
