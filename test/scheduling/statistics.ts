import { millisecondNanos } from './schedulers.ts';
import type { Sent } from './traffic.ts';

/** Tokens admitted to the requests that fulfil a condition. */
export function tokensOf(requests: readonly Sent[], holds: (sent: Sent) => boolean = () => true): number {
  let tokens = 0;
  for (const sent of requests) if (sent.outcome === 'admitted' && holds(sent)) tokens += sent.tokens;
  return tokens;
}

/** Tokens admitted by the name of the flow. */
export function tokensByFlow(requests: readonly Sent[]): Record<string, number> {
  const tokens: Record<string, number> = {};
  for (const sent of requests) {
    tokens[sent.flow.name] = (tokens[sent.flow.name] ?? 0) + (sent.outcome === 'admitted' ? sent.tokens : 0);
  }
  return tokens;
}

export function countOf(requests: readonly Sent[], outcome: Sent['outcome'], flow?: string): number {
  return requests.filter(
    (sent) => sent.outcome === outcome && (flow === undefined || sent.flow.name === flow),
  ).length;
}

/** How long the admitted waited, ms, in ascending order. */
export function waitsOf(requests: readonly Sent[], flow?: string): number[] {
  return requests
    .filter((sent) => sent.outcome === 'admitted' && (flow === undefined || sent.flow.name === flow))
    .map((sent) => (sent.endedNanos - sent.arrivedNanos) / millisecondNanos)
    .sort((left, right) => left - right);
}

/** Of values in ascending order: the nearest rank. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]!;
}

/** 1 when all are equal, 1/n when one has everything. */
export function jainIndex(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return (sum * sum) / (values.length * squares);
}

export interface Claim {
  weight: number;
  /** What it asks for. */
  demand: number;
}

/** Weighted max-min fair shares of `total`: who asks for less than its share gets that, the others divide the rest. */
export function fairShares(claims: readonly Claim[], total: number): number[] {
  const shares = claims.map(() => 0);
  let open = claims.map((_, index) => index);
  let rest = total;
  while (open.length > 0) {
    const weights = open.reduce((sum, index) => sum + claims[index]!.weight, 0);
    const modest = open.filter(
      (index) => claims[index]!.demand <= (rest * claims[index]!.weight) / weights + 1e-9,
    );
    if (modest.length === 0) {
      for (const index of open) shares[index] = (rest * claims[index]!.weight) / weights;
      break;
    }
    for (const index of modest) {
      shares[index] = claims[index]!.demand;
      rest -= claims[index]!.demand;
    }
    open = open.filter((index) => !modest.includes(index));
  }
  return shares;
}
