import { bytesOf } from '../../core/bytes';
import {
  addReplyHeader,
  addReplyNumber,
  beginReply,
  NO_GRPC_STATUS,
  sendReply,
} from '../../runtime/local-reply';
import { isGrpcRequest } from '../../runtime/request';

export const NANOS_PER_SECOND: u64 = 1_000_000_000;
const X_LOCAL_RATE_LIMIT = bytesOf('x-local-rate-limit');
const TRUE = bytesOf('true');
const RETRY_AFTER = bytesOf('retry-after');
export const X_RATELIMIT_LIMIT = bytesOf('x-ratelimit-limit');
export const X_RATELIMIT_REMAINING = bytesOf('x-ratelimit-remaining');
export const X_RATELIMIT_RESET = bytesOf('x-ratelimit-reset');
/** With the rule's name behind it: what access logs show as %RESPONSE_CODE_DETAILS%. */
const DETAILS_PREFIX = bytesOf('sluice_rate_limited:');
const GRPC_RESOURCE_EXHAUSTED: u32 = 8;

export class ReplyHeader {
  constructor(readonly name: StaticArray<u8>, readonly value: StaticArray<u8>) {}
}

/** The answer to a request over the limit. */
export class RefusalReply {
  status: u32 = 429;
  body: StaticArray<u8> = new StaticArray<u8>(0);
  headers: ReplyHeader[] = [];
  grpcStatus: u32 = GRPC_RESOURCE_EXHAUSTED;
  /** Also tell limit, remaining and reset. */
  tellsLimit: bool = false;

  /** `rule` is named in the response code details. `waitNanos` until the request would pass, told in whole seconds, rounded up: sooner would be untrue. */
  send(rule: StaticArray<u8>, waitNanos: u64, limit: u64): void {
    const waitSeconds = (waitNanos + NANOS_PER_SECOND - 1) / NANOS_PER_SECOND;
    beginReply();
    addReplyHeader(X_LOCAL_RATE_LIMIT, changetype<usize>(TRUE), TRUE.length);
    addReplyNumber(RETRY_AFTER, waitSeconds);
    if (this.tellsLimit) {
      addReplyNumber(X_RATELIMIT_LIMIT, limit);
      addReplyNumber(X_RATELIMIT_REMAINING, 0);
      addReplyNumber(X_RATELIMIT_RESET, waitSeconds);
    }
    for (let index = 0; index < this.headers.length; index++) {
      const header = unchecked(this.headers[index]);
      addReplyHeader(header.name, changetype<usize>(header.value), header.value.length);
    }
    sendReply(this.status, DETAILS_PREFIX, rule, this.body, isGrpcRequest() ? this.grpcStatus : NO_GRPC_STATUS);
  }
}
