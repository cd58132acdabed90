import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../environment/tools.ts';

/** The policy that users have: 10 a second, 10 at once, guests at priority 50 and subscribers at 200. */
export const seedPolicy = readFileSync(
  join(repository, 'examples/seed-policies/quota-scheduling-policy.yaml'),
  'utf8',
);
export const seedScheduler = 'istio-system/quotascheduling';
export const seedHost = 'httpbin-00001-private.default.svc.cluster.local';

export interface WorkloadText {
  name: string;
  priority: number;
  /** Duration. */
  queueTimeout?: string;
}

export interface QuotaText {
  name: string;
  host: string;
  capacity: number;
  fillAmount: number;
  fillInterval: string;
  continuousFill?: boolean;
  queueCapacity?: number;
  workloads: WorkloadText[];
}

/** A policy of Sluice's own kind whose workloads are told apart by the header `x-class`. */
export function quotaSchedulingPolicy(quota: QuotaText): string {
  return `apiVersion: sluice.dev/v1alpha1
kind: QuotaSchedulingPolicy
metadata:
  name: ${quota.name}
spec:
  targetRefs:
    - group: sluice.dev
      kind: VirtualHost
      name: ${quota.host}
  quota:
    capacity: ${quota.capacity}
    fillAmount: ${quota.fillAmount}
    fillInterval: ${quota.fillInterval}
    continuousFill: ${quota.continuousFill ?? true}
  queueCapacity: ${quota.queueCapacity ?? 10_000}
  workloads:
${quota.workloads.map(workloadText).join('')}`;
}

function workloadText({ name, priority, queueTimeout }: WorkloadText): string {
  return `    - name: ${name}
      match:
        headers:
          - name: x-class
            exact: ${name}
      priority: ${priority}
${queueTimeout === undefined ? '' : `      queueTimeout: ${queueTimeout}\n`}`;
}
