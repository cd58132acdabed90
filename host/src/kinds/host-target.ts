import type { HostTarget } from '../policy/policy.ts';
import { isServiceHost } from '../policy/service-host.ts';

/** Whom a host name in a policy stands for: a service's full name stands for all its forms, `*` and nothing for every host. */
export function hostTarget(host: string | undefined): HostTarget[] {
  if (host === undefined || host === '*') return [];
  const lowerCase = host.toLowerCase();
  return [isServiceHost(lowerCase) ? { service: lowerCase } : { host: lowerCase }];
}
