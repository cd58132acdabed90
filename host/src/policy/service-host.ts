const SERVICE_SUFFIX = '.svc.cluster.local';

/** The host name of a service inside a cluster: `reviews.default.svc.cluster.local`. */
export function serviceHost(name: string, namespace: string): string {
  return `${name}.${namespace}${SERVICE_SUFFIX}`;
}

/** True for `name.namespace.svc.cluster.local`. */
export function isServiceHost(host: string): boolean {
  return host.endsWith(SERVICE_SUFFIX) && host.slice(0, -SERVICE_SUFFIX.length).split('.').length === 2;
}

/**
 * All names clients may call a service by, the full one first, the bare one last:
 * https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
 */
export function serviceForms(serviceHostName: string): [full: string, ...short: string[]] {
  const [name, namespace] = serviceHostName.split('.') as [string, string];
  const qualified = `${name}.${namespace}`;
  return [serviceHostName, `${qualified}.svc.cluster`, `${qualified}.svc`, qualified, name];
}
