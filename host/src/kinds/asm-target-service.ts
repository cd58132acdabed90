import type { HostTarget } from '../policy/policy.ts';
import type { PolicyDocument } from '../policy/policy-document.ts';
import type { Origin } from '../policy/routing.ts';
import { serviceHost } from '../policy/service-host.ts';
import type { AsmTargetService } from './asm-local-rate-limiter-schema.ts';
import { hostTarget } from './host-target.ts';

/** Whom an item of `target_services` stands for, and what tells its rule from those of the other items. */
function asmTarget(
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

/** The policy that an item of `configs` stands in. */
export interface AsmOwner {
  namespace: string;
  name: string;
  document: PolicyDocument;
}

/** What the kinds of ASM that act on virtual hosts have in common in an item of `configs`. */
interface AsmConfig {
  name?: string | undefined;
  match?: { vhost?: { name?: string | undefined; port?: number | undefined } | undefined } | undefined;
  target_services?: AsmTargetService[] | undefined;
}

/** ASM keeps its state per virtual host, so every target service has a rule, and with it a state, of its own. */
export function asmTargets(
  config: AsmConfig,
  index: number,
  owner: AsmOwner,
): { name: string; targets: HostTarget[]; ports: number[] }[] {
  const name = `${owner.namespace}/${owner.name}/${config.name ?? index}`;
  const services = config.target_services;
  if (services === undefined) {
    const vhost = config.match?.vhost;
    return [{ name, targets: hostTarget(vhost?.name), ports: vhost?.port === undefined ? [] : [vhost.port] }];
  }
  return services.map((service, at) => {
    const { target, suffix } = asmTarget(service, owner.namespace, {
      document: owner.document,
      path: ['spec', 'configs', index, 'target_services', at],
    });
    return {
      name: services.length === 1 ? name : `${name}/${suffix}`,
      targets: [target],
      ports: service.port === undefined ? [] : [service.port],
    };
  });
}
