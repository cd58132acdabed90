/** How an upstream can fail a request. */
export type UpstreamFailure =
  | 'connectFailure'
  | 'reset'
  | 'timeout'
  | 'maxDuration'
  | 'noHealthyUpstream'
  | 'overflow';

/**
 * What Envoy 1.40 makes of it (verified): status of the router's answer, `response.code_details` before and after the
 * response has started, and the number of the bit in `response.flags`.
 */
export const upstreamFailures: Readonly<
  Record<UpstreamFailure, { status: number; flag: number; details: (when: 'before' | 'after') => string }>
> = {
  connectFailure: {
    status: 503,
    flag: 5,
    details: () =>
      'upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}',
  },
  reset: {
    status: 503,
    flag: 6,
    details: (when) => `upstream_reset_${when}_response_started{connection_termination}`,
  },
  timeout: { status: 504, flag: 2, details: () => 'response_timeout' },
  maxDuration: { status: 504, flag: 19, details: () => 'upstream_max_stream_duration_reached' },
  noHealthyUpstream: { status: 503, flag: 1, details: () => 'no_healthy_upstream' },
  overflow: { status: 503, flag: 7, details: () => 'upstream_reset_before_response_started{overflow}' },
};
