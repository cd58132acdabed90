import { flag, mapOf, object, oneOf } from '../policy/fields/object.ts';
import { objectLabelName, objectLabelValue } from '../policy/fields/object-label.ts';
import type { Placement } from '../policy/policy.ts';
import type { PolicyDocument } from '../policy/policy-document.ts';
import { TRAFFIC, type Traffic, type TrafficWord } from '../policy/traffic.ts';

/** Which proxies a policy is for, as ASM spells it and Sluice's own kinds with it. */

export const workloadSelector = object({ labels: mapOf(objectLabelName(), objectLabelValue()).optional() });

export const placementFields = {
  workloadSelector: workloadSelector.optional(),
  applyToTraffic: oneOf(Object.keys(TRAFFIC) as [TrafficWord, ...TrafficWord[]]).optional(),
};
/** ASM's older word for `applyToTraffic: gateway`. */
export const asmPlacementFields = { ...placementFields, isGateway: flag().optional() };

interface Placed {
  workloadSelector?: { labels?: Record<string, string> | undefined } | undefined;
  applyToTraffic?: TrafficWord | undefined;
  isGateway?: boolean | undefined;
}

/** `otherwise`: the traffic of a policy that names pods but no traffic. */
export function placementOf(
  spec: Placed & { configs?: readonly Placed[] },
  namespace: string,
  document: PolicyDocument,
  otherwise: Traffic,
): Placement {
  // Two published examples have these fields inside `configs[]`; rules/asm-placement.ts sees to it that all agree.
  const places = [spec, ...(spec.configs ?? [])];
  const labels = places.find((place) => place.workloadSelector?.labels !== undefined)?.workloadSelector
    ?.labels;
  const isGateway = places.some((place) => place.isGateway === true);
  const asked = spec.applyToTraffic === undefined ? undefined : TRAFFIC[spec.applyToTraffic];
  const said = asked ?? (isGateway ? 'gateway' : undefined);
  const traffic = said ?? (labels === undefined ? undefined : otherwise);
  return {
    namespace,
    ...(labels !== undefined && { labels }),
    ...(traffic !== undefined && { traffic }),
    ...(traffic !== said && { isTrafficAssumed: true as const }),
    origin: { document, path: ['spec'] },
  };
}
