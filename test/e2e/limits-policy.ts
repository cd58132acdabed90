/** For `limited.example`, of requests with `x-part: <part>`. One token an hour comes back. */
export function limitsPolicy(maxTokens: number, part = 'a'): string {
  return `apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata: {name: limits, namespace: default}
spec:
  targetRefs: [{kind: VirtualHost, name: limited.example}]
  rules:
  - name: all
    match: {headers: [{name: x-part, exact: ${part}}]}
    limit: {tokenBucket: {maxTokens: ${maxTokens}, tokensPerFill: 1, fillInterval: 1h}}
`;
}
