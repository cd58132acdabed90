import type { Traffic } from '../../policy/traffic.ts';

/** Proxies of a mesh that get the same policies. */
export interface ProxyGroup {
  namespace: string;
  traffic: Traffic;
  /** Of their pods; empty: all pods of the namespace. */
  labels: Readonly<Record<string, string>>;
}

/** The gateway of policies that name none. */
export type DefaultGateway = Omit<ProxyGroup, 'traffic'>;

/** Label that tells the pods of a Gateway of Gateway API: https://gateway-api.sigs.k8s.io/geps/gep-1762/ */
const GATEWAY_NAME_LABEL = 'gateway.networking.k8s.io/gateway-name';

/** The pods of a Gateway of Gateway API. */
export function podsOfGateway(namespace: string, name: string): DefaultGateway {
  return { namespace, labels: { [GATEWAY_NAME_LABEL]: name } };
}

/** Name of the Gateway of Gateway API that the proxies are; those with further labels are only some of its pods. */
export function gatewayOf({ traffic, labels }: ProxyGroup): string | undefined {
  if (traffic !== 'gateway' && traffic !== 'waypoint') return undefined;
  return Object.keys(labels).length === 1 ? labels[GATEWAY_NAME_LABEL] : undefined;
}

/** Equal for equal groups, whatever the order of their labels. */
export function groupIdentity({ namespace, traffic, labels }: ProxyGroup): string {
  return JSON.stringify([namespace, traffic, Object.entries(labels).sort()]);
}
