import type { LocalitySettings, PlannedDestination, PlannedEndpoint } from '../plan/routing-plan.ts';
import type { JsonObject } from './json.ts';
import { socketAddress } from './upstream.ts';

/** `region/zone/subzone` as Envoy writes it. */
export function localityOf(locality: string): JsonObject {
  const [region = '', zone = '', subZone = ''] = locality.split('/');
  return { region, ...(zone !== '' && { zone }), ...(subZone !== '' && { sub_zone: subZone }) };
}

/**
 * The servers of a cluster, by where they are. With `distribute` the shares of the localities are weights; else, as
 * soon as failing servers are ejected, the nearest are tried first and the next ones take over: priorities, as Istio
 * has them. https://istio.io/latest/docs/tasks/traffic-management/locality-load-balancing/
 */
export function localityEndpoints(
  endpoints: readonly PlannedEndpoint[],
  { locality: settings, outlierDetection }: Pick<PlannedDestination, 'locality' | 'outlierDetection'>,
  own: string | undefined,
): { endpoints: JsonObject[]; cluster: { common_lb_config?: JsonObject } } {
  const groups = [...Map.groupBy(endpoints, ({ locality = '' }) => locality)];
  const panic = { healthy_panic_threshold: { value: outlierDetection?.minHealthPercent ?? 0 } };
  const distribution =
    own === undefined ? undefined : settings?.distribute.find(({ from }) => isWithin(own, from));
  if (distribution !== undefined) {
    const weighted = groups.flatMap(([locality, group]) => {
      const weight = shareOf(
        locality,
        distribution.to,
        groups.map(([name]) => name),
      );
      return weight === 0 ? [] : [{ ...localityGroup(locality, group), load_balancing_weight: weight }];
    });
    return {
      endpoints: weighted,
      cluster: { common_lb_config: { locality_weighted_lb_config: {}, ...panic } },
    };
  }
  if (own === undefined || outlierDetection === undefined || settings === undefined) {
    return { endpoints: groups.map(([locality, group]) => localityGroup(locality, group)), cluster: {} };
  }
  const distances = groups.map(([locality]) => distance(own, locality, settings));
  // Envoy's priorities have no gaps.
  const ranks = [...new Set(distances)].sort((left, right) => left - right);
  return {
    endpoints: groups.map(([locality, group], at) => ({
      ...localityGroup(locality, group),
      priority: ranks.indexOf(distances[at]!),
    })),
    cluster: {},
  };
}

function localityGroup(locality: string, group: readonly PlannedEndpoint[]): JsonObject {
  return {
    ...(locality !== '' && { locality: localityOf(locality) }),
    lb_endpoints: group.map(({ address, port, weight }) => ({
      endpoint: { address: socketAddress({ host: address, port }) },
      ...(weight !== undefined && { load_balancing_weight: weight }),
    })),
  };
}

/** True when `locality` is one that `pattern` names: `*`, `region/*`, `region/zone/*`, `region/zone/subzone`. */
function isWithin(locality: string, pattern: string): boolean {
  const parts = locality.split('/');
  return pattern.split('/').every((part, at) => part === '*' || part === (parts[at] ?? ''));
}

/** A share that several localities match is divided among them; weights are whole numbers, so in ten-thousandths. */
function shareOf(locality: string, to: readonly [string, number][], all: readonly string[]): number {
  const share = to.find(([pattern]) => isWithin(locality, pattern));
  if (share === undefined) return 0;
  const sharing = all.filter((each) => to.find(([pattern]) => isWithin(each, pattern)) === share).length;
  return Math.round((share[1] * 10_000) / sharing);
}

/** 0: the same subzone; 1: zone; 2: region; 3: the region that takes over; 4: any other. */
function distance(own: string, other: string, { failover }: LocalitySettings): number {
  const [region, zone, subZone] = own.split('/');
  const [otherRegion, otherZone, otherSubZone] = other.split('/');
  if (region === otherRegion) {
    if (zone !== otherZone) return 2;
    return subZone === otherSubZone ? 0 : 1;
  }
  const takesOver = failover.find(([from]) => from === region)?.[1];
  return takesOver !== undefined && takesOver === otherRegion ? 3 : 4;
}
