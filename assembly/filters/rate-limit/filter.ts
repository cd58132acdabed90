import { FILTER_CONTINUE, FILTER_STOP } from '../../runtime/abi';
import { monotonicNanos } from '../../runtime/clock';
import { isGrpcRequest } from '../../runtime/request';
import { findByHost } from '../matching/find-by-host';
import { tellVerdict, VERDICT_LIMITER, verdictIsWanted } from '../../runtime/verdict';
import { RateLimits, Rule } from './rule';
import { markResponse } from './response-mark';

let serial: u64 = 0;

/**
 * Limits the request at hand: find the rules that apply, check them all, then take from them all. A request that one
 * limit refuses has spent nothing from another.
 */
export function limitRequest(limits: RateLimits, context: u32): u32 {
  const count = collectApplying(limits);
  limits.applyingCount = count;
  if (count == 0) return FILTER_CONTINUE;
  const applying = limits.applying;
  if (count == 1) {
    const rule = unchecked(limits.rules[applying[0]]);
    // What is held ahead of need is spent without a look at the clock.
    rule.wait = rule.chosen.takeHeld(rule.tokens) ? 0 : rule.chosen.take(monotonicNanos(), rule.fingerprint, rule.tokens);
  } else {
    takeAll(limits, count, monotonicNanos());
  }
  if (refuseIfWaiting(limits, count)) return FILTER_STOP;
  for (let index = 0; index < count; index++) countAdmission(unchecked(limits.rules[applying[index]]));
  if (verdictIsWanted) tellVerdict(VERDICT_LIMITER, unchecked(limits.rules[applying[0]]).name);
  if (limits.marksResponses) markResponse(limits, count, context);
  return FILTER_CONTINUE;
}

/** Gives back what the request at hand, which `limitRequest` let through, has taken. */
export function refundRequest(limits: RateLimits): void {
  const now = monotonicNanos();
  for (let index = 0; index < limits.applyingCount; index++) {
    const rule = unchecked(limits.rules[limits.applying[index]]);
    if (rule.wait == 0) rule.chosen.refund(now, rule.fingerprint, rule.tokens);
  }
}

/** Fills `limits.applying` with the rules that limit the request; returns how many. */
function collectApplying(limits: RateLimits): i32 {
  serial++;
  const found = findByHost(limits.hosts, limits.found);
  let count = 0;
  for (let index = 0; index < found; index++) {
    const position = unchecked(limits.found[index]);
    const rule = unchecked(limits.rules[position]);
    if (rule.serial == serial) continue; // covered by two of its hosts
    rule.serial = serial;
    if (rule.applies()) unchecked((limits.applying[count++] = position));
  }
  return count;
}

/** Check all, then take; if another worker was faster in between, what was taken goes back. */
function takeAll(limits: RateLimits, count: i32, now: u64): void {
  const applying = limits.applying;
  let isRefused = false;
  for (let index = 0; index < count; index++) {
    const rule = unchecked(limits.rules[applying[index]]);
    rule.wait = rule.chosen.check(now, rule.fingerprint, rule.tokens);
    if (rule.wait > 0 && !rule.isShadow) isRefused = true;
  }
  if (isRefused) return;
  for (let index = 0; index < count; index++) {
    const rule = unchecked(limits.rules[applying[index]]);
    if (rule.wait > 0) continue; // in shadow
    rule.wait = rule.chosen.take(now, rule.fingerprint, rule.tokens);
    if (rule.wait > 0 && !rule.isShadow) {
      for (let taken = 0; taken < index; taken++) {
        const former = unchecked(limits.rules[applying[taken]]);
        if (former.wait == 0) former.chosen.refund(now, former.fingerprint, former.tokens);
      }
      return;
    }
  }
}

/** Answers for the first rule that refuses, with the longest wait of all that do. */
function refuseIfWaiting(limits: RateLimits, count: i32): bool {
  let refusing: Rule | null = null;
  let longestWait: u64 = 0;
  for (let index = 0; index < count; index++) {
    const rule = unchecked(limits.rules[limits.applying[index]]);
    if (rule.wait == 0) continue;
    if (rule.isShadow) {
      rule.shadowRefused.add(1);
      continue;
    }
    if (refusing === null) refusing = rule;
    longestWait = max(longestWait, rule.wait);
  }
  if (refusing === null) return false;
  if (verdictIsWanted) tellVerdict(VERDICT_LIMITER, refusing.name);
  refusing.refused.add(1);
  refusing.reply.send(refusing.name, longestWait, refusing.chosenMaxTokens, isGrpcRequest());
  return true;
}

function countAdmission(rule: Rule): void {
  if (rule.wait > 0) return; // in shadow, and counted as such
  rule.admitted.increment();
  if (!rule.chosen.isLeasing) rule.admitted.flush();
}
