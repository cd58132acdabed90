import type {
  Limit,
  SlidingWindowLimit,
  TokenBucketLimit,
} from '../../host/src/plan/plugin-configuration.ts';

/** One bucket as the contract describes it, in exact whole numbers and with all it ever admitted in mind. */
export interface NaiveLimit {
  /** Nanoseconds until so many tokens are there, 0 for now; nothing changes. */
  waitNanos(now: bigint, tokens: bigint): bigint;
  take(now: bigint, tokens: bigint): void;
}

export function naiveLimit(limit: Limit): NaiveLimit {
  return limit.algorithm === 'tokenBucket' ? naiveTokenBucket(limit) : naiveSlidingWindow(limit);
}

/** A token is `fillIntervalNanos` parts, of which every nanosecond brings `tokensPerFill`. */
function naiveTokenBucket(limit: TokenBucketLimit): NaiveLimit {
  const parts = BigInt(limit.fillIntervalNanos);
  const partsPerNano = BigInt(limit.tokensPerFill);
  const full = BigInt(limit.maxTokens) * parts;
  let level = full;
  let last = 0n;
  const levelAt = (now: bigint) => {
    const filled = level + (now - last) * partsPerNano;
    return filled < full ? filled : full;
  };
  return {
    waitNanos: (now, tokens) => {
      const missing = tokens * parts - levelAt(now);
      return missing <= 0n ? 0n : (missing + partsPerNano - 1n) / partsPerNano;
    },
    take: (now, tokens) => {
      level = levelAt(now) - tokens * parts;
      last = now;
      if (level < 0n) throw new Error('the bucket went below empty');
    },
  };
}

/** Time is parted in steps of a sixteenth of the window; what came in a step counts until all of it has left the window. */
function naiveSlidingWindow(limit: SlidingWindowLimit): NaiveLimit {
  const stepNanos = (BigInt(limit.windowNanos) + 15n) / 16n;
  const most = BigInt(limit.maxRequests);
  const taken: { forgottenAt: bigint; tokens: bigint }[] = [];
  const countAt = (now: bigint) =>
    taken.reduce((sum, { forgottenAt, tokens }) => (forgottenAt > now ? sum + tokens : sum), 0n);
  return {
    waitNanos: (now, tokens) => {
      if (countAt(now) + tokens <= most) return 0n;
      const later = taken.map(({ forgottenAt }) => forgottenAt).filter((time) => time > now);
      return later.sort((a, b) => Number(a - b)).find((time) => countAt(time) + tokens <= most)! - now;
    },
    take: (now, tokens) => {
      if (countAt(now) + tokens > most) throw new Error('the window went above its limit');
      taken.push({ forgottenAt: (now / stepNanos + 17n) * stepNanos, tokens });
    },
  };
}
