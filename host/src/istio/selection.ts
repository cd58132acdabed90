import type { JsonObject } from '../envoy/json.ts';
import { gatewayOf, type ProxyGroup } from '../plan/mesh/proxy-group.ts';

/** Which proxies an object of Istio is for, in the words of its `spec`; `selector` is how the kind spells labels. */
export function selection(group: ProxyGroup, selector: (labels: JsonObject) => JsonObject): JsonObject {
  const gateway = gatewayOf(group);
  if (gateway !== undefined) {
    return { targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: gateway }] };
  }
  return Object.keys(group.labels).length === 0 ? {} : selector({ ...group.labels });
}
