import { bytesOf, equalBytes } from '../../core/bytes';
import {
  propertyLength,
  propertyValue,
  readNumberProperty,
  readProperty,
  RESPONSE_CODE,
  RESPONSE_CODE_DETAILS,
  RESPONSE_FLAGS,
} from '../../runtime/properties';

/** What came of a call. */
export const SUCCEEDED: i32 = 0;
export const FAILED: i32 = 1;
/** The upstream did not decide it: a local reply of ours or of another filter, a client that went away. */
export const NOTHING: i32 = 2;

/** Envoy's response flags (StreamInfo::CoreResponseFlag), each a bit of the attribute `response.flags`. */
const NO_HEALTHY_UPSTREAM: u64 = 1 << 1;
const UPSTREAM_REQUEST_TIMEOUT: u64 = 1 << 2;
const LOCAL_RESET: u64 = 1 << 3;
const UPSTREAM_REMOTE_RESET: u64 = 1 << 4;
const UPSTREAM_CONNECTION_FAILURE: u64 = 1 << 5;
const UPSTREAM_CONNECTION_TERMINATION: u64 = 1 << 6;
const UPSTREAM_MAX_STREAM_DURATION_REACHED: u64 = 1 << 19;
const UPSTREAM_PROTOCOL_ERROR: u64 = 1 << 23;

const CONNECT_FAILURES: u64 = UPSTREAM_CONNECTION_FAILURE | NO_HEALTHY_UPSTREAM;
const RESETS: u64 = LOCAL_RESET | UPSTREAM_REMOTE_RESET | UPSTREAM_CONNECTION_TERMINATION | UPSTREAM_PROTOCOL_ERROR;
const TIMEOUTS: u64 = UPSTREAM_REQUEST_TIMEOUT | UPSTREAM_MAX_STREAM_DURATION_REACHED;

const VIA_UPSTREAM = bytesOf('via_upstream');
export const NO_GRPC_STATUS: u32 = u32.MAX_VALUE;
const HIGHEST_STATUS: u64 = 599;
/** UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const DEFAULT_GRPC_STATUSES: u32 = (1 << 2) | (1 << 4) | (1 << 13) | (1 << 14) | (1 << 15);

/** Which calls have failed. */
export class FailureConditions {
  /** One byte a status up to 599; null: those from 500. */
  statuses: StaticArray<u8> | null = null;
  /** A bit a gRPC status. */
  grpcStatuses: u32 = DEFAULT_GRPC_STATUSES;
  connectFailures: bool = true;
  resets: bool = true;
  timeouts: bool = true;

  /**
   * What came of the call that is done, from what Envoy knows of it then. `needsStatus`: whether anybody asks for more
   * than that the upstream has answered.
   */
  outcome(grpcStatus: u32, needsStatus: bool): i32 {
    if (!readProperty(RESPONSE_CODE_DETAILS)) return NOTHING;
    if (propertyLength == VIA_UPSTREAM.length && equalBytes(propertyValue, changetype<usize>(VIA_UPSTREAM), propertyLength)) {
      if (!needsStatus) return SUCCEEDED;
      if (grpcStatus != NO_GRPC_STATUS) return grpcStatus < 32 && (this.grpcStatuses >> grpcStatus) & 1 ? FAILED : SUCCEEDED;
      return this.isFailing(readNumberProperty(RESPONSE_CODE, 0)) ? FAILED : SUCCEEDED;
    }
    const flags = readNumberProperty(RESPONSE_FLAGS, 0);
    if ((flags & TIMEOUTS) != 0) return this.timeouts ? FAILED : NOTHING;
    if ((flags & CONNECT_FAILURES) != 0) return this.connectFailures ? FAILED : NOTHING;
    if ((flags & RESETS) != 0) return this.resets ? FAILED : NOTHING;
    return NOTHING;
  }

  private isFailing(status: u64): bool {
    if (status > HIGHEST_STATUS) return false;
    const statuses = this.statuses;
    return statuses === null ? status >= 500 : unchecked(statuses[<i32>status]) != 0;
  }
}
