import type { Traffic } from '../../policy/traffic.ts';

/** Proxies of a mesh that get the same policies. */
export interface ProxyGroup {
  namespace: string;
  traffic: Traffic;
  /** Of their pods; empty: all pods of the namespace. */
  labels: Readonly<Record<string, string>>;
  /** Name of the Gateway of Gateway API that they are, where a policy names one. */
  gateway?: string;
}

/** The gateway of policies that name none. */
export type DefaultGateway = Omit<ProxyGroup, 'traffic'>;

/** Label that tells the pods of a Gateway of Gateway API: https://gateway-api.sigs.k8s.io/geps/gep-1762/ */
export const GATEWAY_NAME_LABEL = 'gateway.networking.k8s.io/gateway-name';

/** Equal for equal groups, whatever the order of their labels. */
export function groupIdentity({ namespace, traffic, labels }: ProxyGroup): string {
  return JSON.stringify([namespace, traffic, Object.entries(labels).sort()]);
}
