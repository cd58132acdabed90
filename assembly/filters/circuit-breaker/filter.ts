import { MODE_DISABLED, MODE_FORCED_CLOSED, MODE_FORCED_OPEN, MODE_METRICS_ONLY } from '../../core/circuit-breaker/settings';
import { FILTER_CONTINUE, FILTER_STOP } from '../../runtime/abi';
import { LATE } from '../../runtime/breakers/breaker-store';
import { BEGAN, closeCallNote, openCallNote } from '../../runtime/call-notes';
import { monotonicNanos } from '../../runtime/clock';
import { isGrpcRequest } from '../../runtime/request';
import { currentRoot } from '../../runtime/ticks';
import { tellVerdict, VERDICT_BREAKER, verdictIsWanted } from '../../runtime/verdict';
import { Breaker, Breakers } from './breaker';
import { FAILED, NO_GRPC_STATUS, NOTHING } from './outcome';

/** A call's note: u32 root, breaker, its identity, generation, permit, gRPC status; u64 begin, headers, fingerprint. */
const ROOT: usize = 0;
const POSITION: usize = 4;
const IDENTITY: usize = 8;
const GENERATION: usize = 12;
const PERMIT: usize = 16;
const GRPC_STATUS: usize = 20;
const HEADERS_AT: usize = 32;
const FINGERPRINT: usize = 40;

const NANOS_PER_MICRO: u64 = 1000;

/** The note of the request at hand, 0 when it has none. */
let begun: usize = 0;

/** Lets the request at hand pass, or answers it. What passes is noted, to be counted when it is done. */
export function beginCall(breakers: Breakers, context: u32): u32 {
  begun = 0;
  const position = breakers.find();
  if (position < 0) return FILTER_CONTINUE;
  const breaker = unchecked(breakers.breakers[position]);
  if (verdictIsWanted) tellVerdict(VERDICT_BREAKER, breaker.name);
  const settings = breaker.settings;
  const mode = settings.mode;
  if (mode == MODE_DISABLED || mode == MODE_FORCED_CLOSED) return FILTER_CONTINUE;
  if (mode == MODE_FORCED_OPEN) return refuse(breaker, settings.openNanos);
  const store = breaker.store;
  const wait = store.admit(breaker.fingerprint);
  if (wait > 0) {
    if (mode != MODE_METRICS_ONLY) return refuse(breaker, wait);
    breaker.metrics.shadowRefused.add(1);
    return FILTER_CONTINUE;
  }
  const note = store.isWatched ? openCallNote(context) : 0;
  if (note == 0) {
    store.giveBack(breaker.fingerprint, store.generation, store.permit);
    breaker.metrics.unwatched.add(1);
    return FILTER_CONTINUE;
  }
  begun = note;
  write32(note, ROOT, currentRoot);
  write32(note, POSITION, position);
  write32(note, IDENTITY, breaker.identity);
  write32(note, GENERATION, store.generation);
  write32(note, PERMIT, store.permit);
  write32(note, GRPC_STATUS, settings.looksAtFailures ? NO_GRPC_STATUS : 0);
  write64(note, BEGAN, settings.looksAtTime ? monotonicNanos() : 0);
  write64(note, HEADERS_AT, 0);
  write64(note, FINGERPRINT, breaker.fingerprint);
  return FILTER_CONTINUE;
}

function refuse(breaker: Breaker, wait: u64): u32 {
  breaker.metrics.refused.add(1);
  breaker.reply.send(breaker.name, wait, 0, isGrpcRequest());
  return FILTER_STOP;
}

/** The configuration root under which the call of a note began. */
export function rootOfCall(note: usize): u32 {
  return read32(note, ROOT);
}

/** Notes when the response's headers came. */
export function noteHeaders(note: usize): void {
  if (read64(note, BEGAN) != 0 && read64(note, HEADERS_AT) == 0) write64(note, HEADERS_AT, monotonicNanos());
}

/** Notes a gRPC status, from a response that is trailers alone or from its trailers. */
export function noteGrpcStatus(note: usize, status: u32): void {
  write32(note, GRPC_STATUS, status);
}

/** Whether it has none yet and anybody asks for one. */
export function awaitsGrpcStatus(note: usize): bool {
  return read32(note, GRPC_STATUS) == NO_GRPC_STATUS;
}

/** The request that has just passed was answered by a later function of ours: it never was a call. */
export function forgetCall(breakers: Breakers): void {
  const note = begun;
  if (note == 0) return;
  begun = 0;
  const breaker = breakerOf(breakers, note);
  if (breaker !== null) breaker.store.giveBack(read64(note, FINGERPRINT), read32(note, GENERATION), read32(note, PERMIT));
  closeCallNote(note);
}

/** Counts a call that is done. */
export function endCall(breakers: Breakers, note: usize): void {
  const breaker = breakerOf(breakers, note);
  if (breaker !== null) countCall(breaker, note);
}

function countCall(breaker: Breaker, note: usize): void {
  const settings = breaker.settings;
  const fingerprint = read64(note, FINGERPRINT);
  const generation = read32(note, GENERATION);
  const permit = read32(note, PERMIT);
  const outcome = breaker.failures.outcome(read32(note, GRPC_STATUS), settings.looksAtFailures);
  if (outcome == NOTHING) {
    breaker.metrics.ignored.add(1);
    breaker.store.giveBack(fingerprint, generation, permit);
    return;
  }
  const began = read64(note, BEGAN);
  const headersAt = read64(note, HEADERS_AT);
  let now: u64 = 0;
  let took: u64 = 0;
  if (began != 0 && headersAt != 0 && !breaker.measuresWhole) {
    // A moment old, and that saves a look at the clock.
    now = headersAt;
    took = headersAt - began;
  } else {
    now = monotonicNanos();
    took = began == 0 ? 0 : now - began;
  }
  const isSlow = settings.slowNanos > 0 && took > settings.slowNanos;
  const made = breaker.store.finish(fingerprint, generation, permit, outcome == FAILED, isSlow, took / NANOS_PER_MICRO, now);
  if (made == LATE) breaker.metrics.late.add(1);
}

/** Null when the root has been given another configuration since. */
function breakerOf(breakers: Breakers, note: usize): Breaker | null {
  const position = <i32>read32(note, POSITION);
  if (position >= breakers.breakers.length) return null;
  const breaker = unchecked(breakers.breakers[position]);
  return breaker.identity == read32(note, IDENTITY) ? breaker : null;
}

@inline
function read32(note: usize, offset: usize): u32 {
  return load<u32>(note + offset);
}

@inline
function write32(note: usize, offset: usize, value: u32): void {
  store<u32>(note + offset, value);
}

@inline
function read64(note: usize, offset: usize): u64 {
  return load<u64>(note + offset);
}

@inline
function write64(note: usize, offset: usize, value: u64): void {
  store<u64>(note + offset, value);
}
