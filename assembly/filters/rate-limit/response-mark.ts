import { HEADER_MAP_RESPONSE, proxy_replace_header_map_value } from '../../runtime/abi';
import { writeDecimal } from '../../core/bytes';
import { openNote, takeNote } from '../../runtime/stream-pool';
import { NANOS_PER_SECOND, X_RATELIMIT_LIMIT, X_RATELIMIT_REMAINING, X_RATELIMIT_RESET } from '../refusal-reply';
import { RateLimits, Rule } from './rule';

/** Notes for the response what the tightest limit that tells so has left: limit, remaining, seconds until full. */
export function markResponse(limits: RateLimits, count: i32, context: u32): void {
  let tightest: Rule | null = null;
  for (let index = 0; index < count; index++) {
    const rule = unchecked(limits.rules[limits.applying[index]]);
    if (!rule.reply.tellsLimit || rule.wait > 0) continue;
    if (tightest === null || rule.chosen.remaining < tightest.chosen.remaining) tightest = rule;
  }
  if (tightest === null) return;
  const note = openNote(context);
  store<u64>(note, tightest.chosenMaxTokens);
  store<u64>(note, tightest.chosen.remaining, 8);
  store<u64>(note, (tightest.chosen.nanosUntilFull + NANOS_PER_SECOND - 1) / NANOS_PER_SECOND, 16);
}

const decimal: usize = memory.data(24, 8);

/** Puts what was noted on the response. */
export function writeResponseMark(context: u32): void {
  const note = takeNote(context);
  if (note == 0) return;
  writeHeader(X_RATELIMIT_LIMIT, load<u64>(note));
  writeHeader(X_RATELIMIT_REMAINING, load<u64>(note, 8));
  writeHeader(X_RATELIMIT_RESET, load<u64>(note, 16));
}

function writeHeader(name: StaticArray<u8>, value: u64): void {
  const length = writeDecimal(decimal, value);
  proxy_replace_header_map_value(HEADER_MAP_RESPONSE, changetype<usize>(name), name.length, decimal, length);
}
