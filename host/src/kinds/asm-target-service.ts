import type { HostTarget } from '../policy/policy.ts';
import type { Origin } from '../policy/routing.ts';
import { serviceHost } from '../policy/service-host.ts';
import type { AsmTargetService } from './asm-local-rate-limiter-schema.ts';

/** Whom an item of `target_services` stands for, and what tells its rule from those of the other items. */
export function asmTarget(
  { kind, name, namespace, port, section_name }: AsmTargetService,
  policyNamespace: string,
  origin: Origin,
): { target: HostTarget; suffix: string } {
  const host = serviceHost(name, namespace ?? policyNamespace);
  const section = section_name === undefined ? '' : `/${section_name}`;
  const suffix = `${host}${port === undefined ? '' : `:${port}`}${section}`;
  if (kind === undefined || kind === 'Service') return { target: { service: host }, suffix };
  return {
    target: {
      routed: {
        kind,
        namespace: namespace ?? policyNamespace,
        name,
        ...(section_name !== undefined && { section: section_name }),
        origin,
      },
    },
    suffix,
  };
}
