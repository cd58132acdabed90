/** Policies as a user writes them. */

export interface TokenBucket {
  maxTokens: number;
  tokensPerFill: number;
  fillInterval: string;
}

export interface Rule {
  name: string;
  host: string;
  tokenBucket: TokenBucket;
  keyHeader?: string;
}

export function rateLimitPolicy(name: string, rules: Rule[]): string {
  return `apiVersion: sluice.dev/v1alpha1
kind: RateLimitPolicy
metadata:
  name: ${name}
spec:
  rules:
${rules.map(ruleText).join('')}`;
}

function ruleText({ name, host, tokenBucket, keyHeader }: Rule): string {
  return `    - name: ${name}
      match:
        hosts: ["${host}"]
      limit:
        tokenBucket:
          maxTokens: ${tokenBucket.maxTokens}
          tokensPerFill: ${tokenBucket.tokensPerFill}
          fillInterval: ${tokenBucket.fillInterval}
${keyHeader === undefined ? '' : `      key:\n        - header: ${keyHeader}\n`}`;
}

export function localRateLimiter(name: string, host: string, quota: number, fillSeconds: number): string {
  return `apiVersion: istio.alibabacloud.com/v1
kind: ASMLocalRateLimiter
metadata:
  name: ${name}
  namespace: istio-system
spec:
  isGateway: true
  configs:
    - name: ${name}
      match:
        vhost:
          name: ${host}
          port: 80
      limit:
        fill_interval:
          seconds: ${fillSeconds}
        quota: ${quota}
`;
}
