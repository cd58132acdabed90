/** One policy of each function, each on a host of its own. */
export const hosts = {
  limited: 'limited.example',
  edited: 'edited.example',
  scheduled: 'scheduled.example',
  broken: 'broken.example',
  headers: 'headers.example',
};

/** Tokens come so seldom that none comes while a test runs. */
const NEVER = '3600s';

export function fourFunctions({ editedTokens = 2, header = 'first' } = {}): string {
  return [
    rateLimit('limited', 5),
    rateLimit('edited', editedTokens),
    policy('QuotaSchedulingPolicy', 'scheduled', {
      quota: { capacity: 2, fillAmount: 1, fillInterval: '400ms' },
    }),
    policy('CircuitBreakerPolicy', 'broken', {
      breakers: [{ name: 'failures', consecutiveFailures: 3, open: { duration: NEVER } }],
    }),
    policy('HeaderPolicy', 'headers', {
      rules: [
        {
          name: 'both',
          request: [{ set: { name: 'x-asked', value: header } }],
          response: [{ set: { name: 'x-answered', value: `{response.status}-${header}` } }],
        },
      ],
    }),
  ].join('\n---\n');
}

function rateLimit(host: keyof typeof hosts, maxTokens: number): string {
  const limit = { tokenBucket: { maxTokens, fillInterval: NEVER } };
  return policy('RateLimitPolicy', host, { rules: [{ name: 'all', limit }] });
}

function policy(kind: string, host: keyof typeof hosts, spec: object): string {
  return JSON.stringify({
    apiVersion: 'sluice.dev/v1alpha1',
    kind,
    metadata: { name: host, namespace: 'default' },
    spec: { targetRefs: [{ group: 'sluice.dev', kind: 'VirtualHost', name: hosts[host] }], ...spec },
  });
}
