import { bytesOf } from '../core/bytes';
import { addReplyHeader, addReplyNumber, beginReply, NO_GRPC_STATUS, sendReply } from '../runtime/local-reply';

export const NANOS_PER_SECOND: u64 = 1_000_000_000;
/** Waits this long (73 years) are told as none: the tokens never come. */
const NEVER_NANOS: u64 = 1 << 61;
const TRUE = bytesOf('true');
const RETRY_AFTER = bytesOf('retry-after');
export const X_RATELIMIT_LIMIT = bytesOf('x-ratelimit-limit');
export const X_RATELIMIT_REMAINING = bytesOf('x-ratelimit-remaining');
export const X_RATELIMIT_RESET = bytesOf('x-ratelimit-reset');

export class ReplyHeader {
  constructor(readonly name: StaticArray<u8>, readonly value: StaticArray<u8>) {}
}

/** The answer to a request that a policy refuses. */
export class RefusalReply {
  body: StaticArray<u8> = new StaticArray<u8>(0);
  headers: ReplyHeader[] = [];
  /** Also tell limit, remaining and reset. */
  tellsLimit: bool = false;

  /**
   * `detailsPrefix`, with the policy's name behind it, is what access logs show as %RESPONSE_CODE_DETAILS%. `marker`: a
   * header that says `true`.
   */
  constructor(
    private readonly detailsPrefix: StaticArray<u8>,
    public status: u32,
    public grpcStatus: u32,
    private readonly marker: StaticArray<u8> | null,
  ) {}

  /**
   * Answers the stream at hand. `waitNanos` until the request would pass is told in whole seconds, rounded up: sooner
   * would be untrue. `limit` is told if the reply tells limits.
   */
  send(policy: StaticArray<u8>, waitNanos: u64, limit: u64, isGrpc: bool): void {
    const waitSeconds = (waitNanos + NANOS_PER_SECOND - 1) / NANOS_PER_SECOND;
    beginReply();
    const marker = this.marker;
    if (marker !== null) addReplyHeader(marker, changetype<usize>(TRUE), TRUE.length);
    if (waitNanos < NEVER_NANOS) addReplyNumber(RETRY_AFTER, waitSeconds);
    if (this.tellsLimit) {
      addReplyNumber(X_RATELIMIT_LIMIT, limit);
      addReplyNumber(X_RATELIMIT_REMAINING, 0);
      addReplyNumber(X_RATELIMIT_RESET, waitSeconds);
    }
    for (let index = 0; index < this.headers.length; index++) {
      const header = unchecked(this.headers[index]);
      addReplyHeader(header.name, changetype<usize>(header.value), header.value.length);
    }
    sendReply(this.status, this.detailsPrefix, policy, this.body, isGrpc ? this.grpcStatus : NO_GRPC_STATUS);
  }
}
