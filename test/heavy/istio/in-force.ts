import { isDeepStrictEqual } from 'node:util';
import { type ConfigDump, pluginConfigurations } from './bed/config-dump.ts';
import type { IstioBed } from './bed/istio-bed.ts';
import { type KubernetesObject, objectsIn, pluginsIn } from './compile-to-istio.ts';

/** Applies documents and waits until a proxy, the gateway's if none is named, serves what they say: their hosts, and their plugin configurations. */
export async function applyInForce(bed: IstioBed, documents: string, proxy = bed.gateway): Promise<void> {
  await bed.apply(documents);
  const hosts = hostsOf(objectsIn(documents));
  const plugins = pluginsIn(documents);
  let missing: string[] = [];
  const look = (dump: ConfigDump): true | undefined => {
    const served = servedHosts(dump);
    const pending = plugins.length - countInForce(plugins, dump);
    missing = hosts.filter((host) => !served.has(host));
    if (pending > 0) missing.push(`${pending} of ${plugins.length} plugin configurations`);
    return missing.length === 0 ? true : undefined;
  };
  try {
    await proxy.until('the proxy to serve what was applied', look);
  } catch (error) {
    throw new Error(`missing: ${missing.join(', ')}; ${(error as Error).message}`, { cause: error });
  }
}

/** Deletes documents and waits until the proxy serves nothing of them. */
export async function remove(bed: IstioBed, documents: string, proxy = bed.gateway): Promise<void> {
  await bed.kubectl(['delete', '--ignore-not-found', '--wait=false', '-f', '-'], documents);
  const hosts = hostsOf(objectsIn(documents));
  const plugins = pluginsIn(documents);
  await proxy.until('the proxy to forget what was deleted', (dump) => {
    const served = servedHosts(dump);
    return hosts.some((host) => served.has(host)) || countInForce(plugins, dump) > 0 ? undefined : true;
  });
}

/** Texts differ in the order of keys, where istiod has made them. */
function countInForce(plugins: unknown[], dump: ConfigDump): number {
  const inForce = pluginConfigurations(dump).map((text) => JSON.parse(text));
  return plugins.filter((plugin) => inForce.some((each) => isDeepStrictEqual(each, plugin))).length;
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
