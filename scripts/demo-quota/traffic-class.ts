import type { Matcher, QuotaScheduler } from '../../host/src/index.ts';

/** The contract counts priorities in millionths. */
const millionth = 1_000_000;

/** A workload of the policy, and the requests that belong to it. */
export interface TrafficClass {
  name: string;
  priority: number;
  tokens: number;
  /** `name:value`, as fortio takes them. */
  headers: string[];
  /** A floor, a cap or the strict tier: more than its weight decides what it gets. */
  isSpecial: boolean;
}

/** One for each workload; throws when it cannot be told how to send a request of one. */
export function trafficClasses(scheduler: QuotaScheduler): TrafficClass[] {
  const shared = headersFor({ all: scheduler.match ?? [] });
  return (scheduler.workloads ?? []).map(
    ({ name, match, weight = millionth, costMillitokens = 1000, ...rest }) => {
      const headers = headersFor({ all: match });
      if (headers === undefined || shared === undefined) {
        throw new Error(
          `expected workloads that are told apart by headers with an exact value, got another match for ${name}`,
        );
      }
      return {
        name,
        priority: weight / millionth,
        tokens: costMillitokens / 1000,
        headers: [...new Set([...shared, ...headers])],
        isSpecial:
          rest.strict === true ||
          rest.floorMillitokensPerSecond !== undefined ||
          rest.capMillitokensPerSecond !== undefined,
      };
    },
  );
}

/** An authority that the scheduler is for. */
export function hostFor({ hosts = ['*'] }: QuotaScheduler): string {
  const host = hosts.find((each) => !each.includes('*')) ?? hosts[0]!;
  return host === '*' ? 'demo.example' : host.replace('*', 'demo');
}

function headersFor(matcher: Matcher): string[] | undefined {
  if ('all' in matcher) {
    const parts = matcher.all.map(headersFor);
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }
  if ('any' in matcher) return matcher.any.map(headersFor).find((part) => part !== undefined);
  if ('not' in matcher || matcher.on !== 'header' || matcher.invert) return undefined;
  if (matcher.is === 'present') return [`${matcher.name}:demo`];
  return matcher.is === 'regex' ? undefined : [`${matcher.name}:${matcher.value}`];
}

/** Tokens a second that the bucket gives. */
export const tokensPerSecond = ({ bucket }: QuotaScheduler): number =>
  (bucket.fillMillitokens / bucket.fillIntervalNanos) * 1e6;

/**
 * Requests a second that each class gets when all ask for so many: by weight, and what one does not ask for goes to the
 * others. Undefined where more than the weight decides.
 */
export function promisedPerSecond(
  classes: readonly TrafficClass[],
  tokensPerSecond: number,
  askedPerSecond: number,
): number[] | undefined {
  if (classes.some(({ isSpecial }) => isSpecial)) return undefined;
  const tokens = classes.map(() => 0);
  let left = tokensPerSecond;
  let hungry = classes.map((_, index) => index);
  while (hungry.length > 0) {
    const weights = hungry.reduce((sum, index) => sum + classes[index]!.priority, 0);
    const shareOf = (index: number) => (left * classes[index]!.priority) / weights;
    const wantOf = (index: number) => askedPerSecond * classes[index]!.tokens;
    const content = hungry.filter((index) => wantOf(index) <= shareOf(index));
    if (content.length === 0) {
      for (const index of hungry) tokens[index] = shareOf(index);
      break;
    }
    for (const index of content) tokens[index] = wantOf(index);
    left -= content.reduce((sum, index) => sum + wantOf(index), 0);
    hungry = hungry.filter((index) => !content.includes(index));
  }
  return classes.map((each, index) => (each.tokens === 0 ? askedPerSecond : tokens[index]! / each.tokens));
}
