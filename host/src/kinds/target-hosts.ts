import type { HostTarget } from '../policy/policy.ts';
import type { PolicyDocument } from '../policy/policy-document.ts';
import type { GatewayApi } from '../policy/routing.ts';
import { serviceHost } from '../policy/service-host.ts';
import { hostTarget } from './host-target.ts';
import type { TargetRef } from './policy-parts-schema.ts';

/** The hosts of all targets; empty, which means every host, as soon as one target stands for all. */
export function hostTargets(
  targets: TargetRef[],
  policyNamespace: string,
  document: PolicyDocument,
): HostTarget[] {
  const hosts = targets.map(
    ({ group, kind, name, namespace = policyNamespace, sectionName }, at): HostTarget[] => {
      if (kind === 'VirtualHost') return hostTarget(name);
      if (kind === 'Service') return [{ service: serviceHost(name, namespace) }];
      return [
        {
          routed: {
            kind,
            ...(kind === 'Gateway' && group !== undefined && { api: group as GatewayApi }),
            namespace,
            name,
            ...(sectionName !== undefined && { section: sectionName }),
            origin: { document, path: ['spec', 'targetRefs', at] },
          },
        },
      ];
    },
  );
  return hosts.every((target) => target.length > 0) ? hosts.flat() : [];
}
