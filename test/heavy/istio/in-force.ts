import { type ConfigDump, pluginConfigurations } from './bed/config-dump.ts';
import type { IstioBed } from './bed/istio-bed.ts';
import { type KubernetesObject, objectsIn, pluginTexts } from './compile-to-istio.ts';

/** Applies documents and waits until the gateway serves what they say: their hosts, and their plugin configurations. */
export async function applyInForce(bed: IstioBed, documents: string): Promise<void> {
  await bed.apply(documents);
  const hosts = hostsOf(objectsIn(documents));
  const plugins = pluginTexts(documents);
  await bed.gateway.until('the gateway to serve what was applied', (dump) => {
    const served = servedHosts(dump);
    const inForce = new Set(pluginConfigurations(dump));
    return hosts.every((host) => served.has(host)) && plugins.every((text) => inForce.has(text))
      ? true
      : undefined;
  });
}

/** Deletes documents and waits until the gateway serves nothing of them. */
export async function remove(bed: IstioBed, documents: string): Promise<void> {
  await bed.kubectl(['delete', '--wait=false', '-f', '-'], documents);
  const hosts = hostsOf(objectsIn(documents));
  const plugins = pluginTexts(documents);
  await bed.gateway.until('the gateway to forget what was deleted', (dump) => {
    const served = servedHosts(dump);
    const inForce = new Set(pluginConfigurations(dump));
    return hosts.some((host) => served.has(host)) || plugins.some((text) => inForce.has(text))
      ? undefined
      : true;
  });
}

function hostsOf(objects: KubernetesObject[]): string[] {
  return objects
    .filter(({ kind }) => kind === 'VirtualService')
    .flatMap(({ spec }) => (spec as { hosts: string[] }).hosts.map((host) => host.toLowerCase()));
}

function servedHosts({ routes }: ConfigDump): Set<string> {
  return new Set(
    routes.flatMap(({ virtual_hosts = [] }) =>
      virtual_hosts
        .filter((each) => (each.routes ?? []).length > 0)
        .flatMap(({ domains }) => domains.map((domain) => domain.toLowerCase())),
    ),
  );
}
