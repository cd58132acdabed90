/** The rules that the benchmarks give to Sluice, each under the name of its variant. */
import type { Limit, RateLimitRule } from '../host/src/plan/plugin-configuration.ts';

export const benchHost = 'bench.example';

/** Tokens, and tokens a second, of a bucket that no load here can empty. */
export const ampleTokens = 1_000_000_000;

const second = 1_000_000_000;

const ampleBucket: Limit = {
  algorithm: 'tokenBucket',
  maxTokens: ampleTokens,
  tokensPerFill: ampleTokens,
  fillIntervalNanos: second,
};
const ampleWindow: Limit = {
  algorithm: 'slidingWindow',
  maxRequests: 4_000_000_000,
  windowNanos: 60 * second,
};
const exhaustedBucket: Limit = {
  algorithm: 'tokenBucket',
  maxTokens: 1,
  tokensPerFill: 1,
  fillIntervalNanos: 366 * 24 * 3600 * second,
};

/** fortio opens a new connection after every answer but 2xx and this one, and would measure that instead. */
export const keptAliveStatus = 418;

const rule: RateLimitRule = { name: 'bench/limit/all', hosts: [benchHost], limit: ampleBucket };

export const rules = {
  /** What every comparison is about: one rule, one bucket, never empty. */
  bucket: rule,
  /** One bucket for whatever comes through the gateway: nothing of a request has to be read. */
  everyHost: { name: 'bench/limit/gateway', limit: ampleBucket },
  headerKey: { ...rule, key: [{ on: 'header', name: 'x-user' }] },
  clientAddressKey: { ...rule, key: [{ on: 'clientAddress' }] },
  slidingWindow: { ...rule, limit: ampleWindow },
  refused: { ...rule, limit: exhaustedBucket, response: { status: keptAliveStatus } },
} satisfies Record<string, RateLimitRule>;

/** The rule of one virtual host among many. */
export const ruleOf = (host: string): RateLimitRule => ({
  ...rule,
  name: `bench/limit/${host}`,
  hosts: [host],
});
