/** Requests that a proxy sees: of a gateway, those that reach a workload or leave it, those through a waypoint. */
export type Traffic = 'gateway' | 'sidecarInbound' | 'sidecarOutbound' | 'waypoint';

/** How policies write it, as ASM does. */
export const TRAFFIC = {
  gateway: 'gateway',
  sidecar_inbound: 'sidecarInbound',
  sidecar_outbound: 'sidecarOutbound',
  waypoint: 'waypoint',
} as const satisfies Record<string, Traffic>;
export type TrafficWord = keyof typeof TRAFFIC;

export function trafficWord(traffic: Traffic): TrafficWord {
  return (Object.keys(TRAFFIC) as TrafficWord[]).find((word) => TRAFFIC[word] === traffic)!;
}
