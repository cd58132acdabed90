import { proxy_continue_stream, proxy_set_effective_context, RESULT_OK, STREAM_REQUEST } from '../../runtime/abi';
import { restartCallClock } from '../../runtime/call-notes';
import { Counter } from '../../runtime/metrics';
import { removeDeadline } from './deadlines';
import { HeldRequest, leaveHeldRequest } from './held-request';

const NANOS_PER_MILLI: u64 = 1_000_000;

/** Lets a held request go on to the upstream. Envoy does it after the callback at hand has returned. */
export function admitHeld(request: HeldRequest, nowNanos: u64, servedTokens: u64): void {
  const workload = request.workload!;
  workload.admitted.increment();
  workload.waitMillis.record((nowNanos - min(nowNanos, request.arrivalNanos)) / NANOS_PER_MILLI);
  // First come first served would have let it go once all that waited ahead were served, and itself.
  const ahead = request.tokensAhead + request.cost;
  const served = servedTokens - request.servedBefore;
  if (served < ahead) {
    workload.preempted.add(1);
    workload.preemptedTokens.add(ahead - served);
  } else if (served > ahead) {
    workload.delayed.add(1);
    workload.delayedTokens.add(served - ahead);
  } else {
    workload.onTime.add(1);
  }
  restartCallClock(request.context, nowNanos);
  if (proxy_set_effective_context(request.context) == RESULT_OK) proxy_continue_stream(STREAM_REQUEST);
}

/** Takes a request out of what finds it: it waits no more. */
export function forgetHeld(request: HeldRequest): void {
  removeDeadline(request);
  leaveHeldRequest(request);
  request.workload!.queued.add(-1);
}

/** Answers a held request. `retryNanos`: what the answer tells as retry-after. */
export function refuseHeld(request: HeldRequest, counter: Counter, retryNanos: u64): void {
  counter.add(1);
  if (proxy_set_effective_context(request.context) != RESULT_OK) return;
  const scheduler = request.workload!.scheduler!;
  scheduler.reply.send(scheduler.name, retryNanos, 0, request.isGrpc);
}
