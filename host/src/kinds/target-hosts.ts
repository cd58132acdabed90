import type { HostTarget } from '../policy/policy.ts';
import { serviceHost } from '../policy/service-host.ts';
import { hostTarget } from './host-target.ts';
import type { TargetRef } from './policy-parts-schema.ts';

/** The hosts of all targets; empty, which means every host, as soon as one target stands for all. */
export function hostTargets(targets: TargetRef[], policyNamespace: string): HostTarget[] {
  const hosts = targets.map(({ kind, name, namespace = policyNamespace }): HostTarget[] => {
    if (kind === 'Gateway') return [];
    return kind === 'VirtualHost' ? hostTarget(name) : [{ service: serviceHost(name, namespace) }];
  });
  return hosts.every((target) => target.length > 0) ? hosts.flat() : [];
}
