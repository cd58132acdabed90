/**
 * The forms in which clients may call one Kubernetes service, the given one first. `name.namespace` alone may be a
 * service or any other host, so it counts as both.
 */
export function hostForms(host: string): string[] {
  const service = /^([^.*]+)\.([^.]+)(?:\.svc(?:\.cluster(?:\.local)?)?)?$/.exec(host);
  if (service === null) return [host];
  const qualified = `${service[1]}.${service[2]}`;
  const forms = [`${qualified}.svc.cluster.local`, `${qualified}.svc.cluster`, `${qualified}.svc`, qualified];
  return [...new Set([host, ...forms])];
}

/** The bare name, by which a service is called inside its own namespace. */
export function bareName(host: string): string {
  return host.split('.', 1)[0]!;
}

/** True for the full name of a service with this bare name. */
export function isServiceHost(host: string, name: string): boolean {
  return host.startsWith(`${name}.`) && host.endsWith('.svc.cluster.local');
}
