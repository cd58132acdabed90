import type { CorsPolicy, FaultPolicy, RouteRouting } from '../plan/routing-plan.ts';
import { type JsonObject, typeUrl } from './json.ts';
import { stringMatch } from './route-match.ts';
import { fraction, seconds } from './units.ts';

const cors = 'envoy.filters.http.cors';
const fault = 'envoy.filters.http.fault';

/**
 * Envoy's filters for what single routes ask. They are there from the start, since an edit cannot add a filter, but
 * disabled: only a route that has settings for one gets it, so they cost no other request anything.
 */
export const corsFilter: JsonObject = {
  name: cors,
  disabled: true,
  typed_config: { '@type': typeUrl('envoy.extensions.filters.http.cors.v3.Cors') },
};
export const faultFilter: JsonObject = {
  name: fault,
  disabled: true,
  typed_config: { '@type': typeUrl('envoy.extensions.filters.http.fault.v3.HTTPFault') },
};

/** What one route sets for them. */
export function routeFilters(routing: Pick<RouteRouting, 'cors' | 'fault'>): JsonObject {
  return {
    ...(routing.cors !== undefined && { [cors]: corsPolicy(routing.cors) }),
    ...(routing.fault !== undefined && { [fault]: faultPolicy(routing.fault) }),
  };
}

function corsPolicy(policy: CorsPolicy): JsonObject {
  return {
    '@type': typeUrl('envoy.extensions.filters.http.cors.v3.CorsPolicy'),
    allow_origin_string_match: policy.origins.map(stringMatch),
    ...(policy.methods.length > 0 && { allow_methods: policy.methods.join(',') }),
    ...(policy.headers.length > 0 && { allow_headers: policy.headers.join(',') }),
    ...(policy.exposeHeaders.length > 0 && { expose_headers: policy.exposeHeaders.join(',') }),
    ...(policy.maxAgeSeconds !== undefined && { max_age: `${policy.maxAgeSeconds}` }),
    ...(policy.credentials !== undefined && { allow_credentials: policy.credentials }),
    forward_not_matching_preflights: policy.forwardUnmatchedPreflights ?? false,
  };
}

function faultPolicy({ delay, abort }: FaultPolicy): JsonObject {
  return {
    '@type': typeUrl('envoy.extensions.filters.http.fault.v3.HTTPFault'),
    ...(delay !== undefined && {
      delay: { fixed_delay: seconds(delay.millis), percentage: fraction(delay.millionths) },
    }),
    ...(abort !== undefined && {
      abort: {
        ...('status' in abort ? { http_status: abort.status } : { grpc_status: abort.grpcStatus }),
        percentage: fraction(abort.millionths),
      },
    }),
  };
}
