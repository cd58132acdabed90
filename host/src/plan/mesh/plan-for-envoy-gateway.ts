import type { Policy } from '../../policy/policy.ts';
import { type PlannedGroups, planGroups } from './plan-groups.ts';
import { type DefaultGateway, podsOfGateway } from './proxy-group.ts';

/** Labels by which Envoy Gateway tells the pods of a Gateway, which run in a namespace of its own. */
const OWNER_NAME = 'gateway.envoyproxy.io/owning-gateway-name';
const OWNER_NAMESPACE = 'gateway.envoyproxy.io/owning-gateway-namespace';

/** As `planGroups`, with the Gateway itself in the place of the labels of its pods: it may have one policy only. */
export function planForEnvoyGateway(
  policies: readonly Policy[],
  defaultGateway: DefaultGateway,
): PlannedGroups {
  return planGroups(policies.map(withOwner), ownerOf(defaultGateway) ?? defaultGateway);
}

function withOwner(policy: Policy): Policy {
  const owner = ownerOf(policy.placement ?? {});
  return owner === undefined ? policy : { ...policy, placement: { ...policy.placement!, ...owner } };
}

function ownerOf({ labels = {} }: Partial<DefaultGateway>): DefaultGateway | undefined {
  const { [OWNER_NAME]: name, [OWNER_NAMESPACE]: namespace, ...others } = labels;
  if (name === undefined || namespace === undefined || Object.keys(others).length > 0) return undefined;
  return podsOfGateway(namespace, name);
}
