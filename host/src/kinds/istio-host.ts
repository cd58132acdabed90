import { isServiceHost, serviceHost } from '../policy/service-host.ts';

/**
 * The host that a name in an Istio object stands for: one without dots is a service of the object's own namespace.
 * https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService (hosts)
 */
export function istioHost(name: string, namespace: string): { host: string; withForms: boolean } {
  const lowerCase = name.toLowerCase();
  const host = /^[^.*]+$/.test(lowerCase) ? serviceHost(lowerCase, namespace) : lowerCase;
  return { host, withForms: isServiceHost(host) };
}
