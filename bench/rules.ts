/** The rules that the benchmarks give to Sluice, each under the name of its variant. */
import type {
  Limit,
  QuotaScheduler,
  RateLimitRule,
  Workload,
} from '../host/src/plan/plugin-configuration.ts';

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

const quota = (perSecond: number) => ({
  capacityMillitokens: 1000 * perSecond,
  fillMillitokens: 1000 * perSecond,
  fillIntervalNanos: second,
});
const workloadOf = (user: string, weight: number): Workload => ({
  name: user,
  match: [{ on: 'header', name: 'x-user', is: 'exact', value: user }],
  weight,
});
const scheduler: QuotaScheduler = { name: 'bench/quota', hosts: [benchHost], bucket: quota(ampleTokens) };
/** The requests of the bench are alice's: the second that is looked at. */
const workloads = [workloadOf('bob', 50_000_000), workloadOf('alice', 200_000_000)];

/** Below what one worker carries, and far above what a request at a time would show. */
export const saturatedPerSecond = 5_000;

export const quotaSchedulers = {
  /** The one to hold against `bucket`: it has to read the host, and nothing waits. */
  oneWorkload: scheduler,
  twoWorkloads: { ...scheduler, workloads },
  /** More is offered than comes: everything waits, and all of it is served. */
  held: {
    ...scheduler,
    workloads,
    bucket: { ...quota(saturatedPerSecond), capacityMillitokens: 1000 },
  },
  /** What comes would be served in a year. */
  refused: {
    ...scheduler,
    workloads,
    bucket: { capacityMillitokens: 1000, fillMillitokens: 1000, fillIntervalNanos: 366 * 24 * 3600 * second },
    response: { status: keptAliveStatus },
  },
} satisfies Record<string, QuotaScheduler>;

/** The rule of one virtual host among many. */
export const ruleOf = (host: string): RateLimitRule => ({
  ...rule,
  name: `bench/limit/${host}`,
  hosts: [host],
});
