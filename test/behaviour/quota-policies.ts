/** Policies of cases, as objects: JSON is YAML too. `{host}` and `{name}` stand for the case's own. */

interface Fields {
  [field: string]: unknown;
}

/** An own policy on the case's host. */
export function quotaPolicy({ metadata, ...spec }: Fields): string {
  return document({
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'QuotaSchedulingPolicy',
    metadata: metadata ?? { name: '{name}', namespace: 'default' },
    spec: { targetRefs: [{ group: 'sluice.dev', kind: 'VirtualHost', name: '{host}' }], ...spec },
  });
}

/** An ASM policy on the case's host. */
export function asmPolicy(quotaScheduler: Fields): string {
  return document({
    apiVersion: 'istio.alibabacloud.com/v1',
    kind: 'QuotaSchedulingPolicy',
    metadata: { name: '{name}', namespace: 'default' },
    spec: { quota_scheduler: { selectors: [{ service: '{host}' }], ...quotaScheduler } },
  });
}

export function rateLimitPolicy(...rules: Fields[]): string {
  return document({
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'RateLimitPolicy',
    metadata: { name: '{name}-limit', namespace: 'default' },
    spec: { targetRefs: [{ group: 'sluice.dev', kind: 'VirtualHost', name: '{host}' }], rules },
  });
}

function document(content: Fields): string {
  return `---\n${JSON.stringify(content)}\n`;
}

/** A bucket of `capacity` that gives one token each `millis`. */
export function quota(capacity: number, millis: number, rest: Fields = {}): Fields {
  return { capacity, fillAmount: 1, fillInterval: `${millis}ms`, ...rest };
}

export function asmQuota(capacity: number, millis: number, rateLimiter: Fields = {}): Fields {
  return {
    bucket_capacity: capacity,
    fill_amount: 1,
    rate_limiter: { interval: `${millis}ms`, ...rateLimiter },
  };
}

/** So long an interval that no token comes while a case runs. */
export const NEVER_MILLIS = 60_000;

/** Workloads of the ASM kind by name, each of the requests whose header `user_type` names it. */
export function asmWorkloads(parameters: Record<string, Fields>): Fields[] {
  return Object.entries(parameters).map(([name, each]) => ({
    name,
    label_matcher: { match_labels: { 'http.request.header.user_type': name } },
    parameters: each,
  }));
}

/** Workloads of the own kind by name, each of the requests whose header `x-workload` names it. */
export function workloads(parameters: Record<string, Fields>): Fields[] {
  return Object.entries(parameters).map(([name, each]) => ({
    name,
    match: { headers: [{ name: 'x-workload', exact: name }] },
    ...each,
  }));
}
