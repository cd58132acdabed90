import type { QuotaBucket, WorkloadParameters } from '../plan/plugin-configuration.ts';
import { fieldPattern } from '../policy/field-path.ts';
import { parseDuration } from '../policy/fields/duration.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import { millionths, thousandths } from '../policy/fields/number.ts';
import type { PolicyWorkload, QuotaSettings } from '../policy/policy.ts';
import type { QuotaFields } from '../policy/quota-fields.ts';
import { asmLazySync } from '../policy/rules/asm-lazy-sync.ts';
import { asmMatchRequests } from '../policy/rules/asm-match-requests.ts';
import { asmPlacement } from '../policy/rules/asm-placement.ts';
import { asmQuotaSelectors } from '../policy/rules/asm-quota-selectors.ts';
import { exactlyOneField } from '../policy/rules/exactly-one-field.ts';
import { labelMatchers as labelMatcherRule } from '../policy/rules/label-matchers.ts';
import { quotaTokensWithinCapacity } from '../policy/rules/quota-tokens-within-capacity.ts';
import { quotaWithoutFill } from '../policy/rules/quota-without-fill.ts';
import { quotaWorkloadNames } from '../policy/rules/quota-workload-names.ts';
import { quotaWorkloadShares } from '../policy/rules/quota-workload-shares.ts';
import { matchRequest } from './asm-match-request.ts';
import {
  ASM_QUOTA_SCHEDULING_POLICY,
  type AsmQuotaScheduler,
  type AsmQuotaSchedulingPolicy,
  type AsmWorkloadParameters,
  asmQuotaSchedulingPolicySchema,
  STRING_MATCHES,
} from './asm-quota-scheduling-policy-schema.ts';
import { selected } from './asm-selectors.ts';
import { labelSources } from './label-key.ts';
import { anyOf, labelMatchers } from './label-matcher.ts';
import { placementOf } from './placement.ts';
import { definePolicyKind } from './policy-kind.ts';

const WORKLOADS = fieldPattern('spec.quota_scheduler.scheduler.workloads[]');
const FIELDS: QuotaFields = {
  capacity: fieldPattern('spec.quota_scheduler.bucket_capacity'),
  fillAmount: fieldPattern('spec.quota_scheduler.fill_amount'),
  workloads: WORKLOADS,
  parameters: 'parameters',
  defaultWorkload: fieldPattern('spec.quota_scheduler.scheduler.default_workload_parameters'),
};
const LABEL_MATCHERS = [
  [...WORKLOADS, 'label_matcher'],
  fieldPattern('spec.quota_scheduler.selectors[].label_matcher'),
  fieldPattern('spec.quota_scheduler.scheduler.selectors[].label_matcher'),
];
const MATCH_REQUESTS = fieldPattern('spec.quota_scheduler.match_requests[]');
const STRING_MATCH_FIELDS = ['method', 'path', 'host', 'scheme'].map((name) => [...MATCH_REQUESTS, name]);

/** Alibaba Cloud Service Mesh's quota scheduling; docs/policies/asm-quota-scheduling-policy.md says what each field means here. */
export const asmQuotaSchedulingPolicy = definePolicyKind<AsmQuotaSchedulingPolicy>({
  ...ASM_QUOTA_SCHEDULING_POLICY,
  schema: asmQuotaSchedulingPolicySchema,
  rules: [
    asmQuotaSelectors,
    asmPlacement,
    asmLazySync,
    labelMatcherRule(LABEL_MATCHERS),
    exactlyOneField(STRING_MATCH_FIELDS, STRING_MATCHES),
    asmMatchRequests(MATCH_REQUESTS, STRING_MATCHES),
    quotaWorkloadNames(WORKLOADS),
    quotaTokensWithinCapacity(FIELDS),
    quotaWithoutFill(FIELDS),
    quotaWorkloadShares(FIELDS),
  ],
  toPolicy: ({ metadata, spec }, document) => {
    const { scheduler, selectors, match_requests = [], ...rest } = spec.quota_scheduler;
    const { targets, match } = selected(selectors ?? scheduler?.selectors ?? []);
    const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
    return {
      placement: placementOf(spec, namespace, document, 'sidecarInbound'),
      quotaSchedulers: [
        {
          name: `${namespace}/${metadata.name}`,
          origin: { document, path: ['spec', 'quota_scheduler'] },
          targets,
          onlyHosts: [],
          ports: [],
          routes: [],
          match: [...match, ...(match_requests.length > 0 ? [anyOf(match_requests.map(matchRequest))] : [])],
          bucket: bucket(rest),
          ...key(rest),
          ...waiting(scheduler),
          workloads: workloads(scheduler),
        },
      ],
    };
  },
});

type Bucket = Pick<AsmQuotaScheduler, 'bucket_capacity' | 'fill_amount' | 'rate_limiter'>;
type Scheduler = AsmQuotaScheduler['scheduler'];

function bucket({ bucket_capacity, fill_amount, rate_limiter }: Bucket): QuotaBucket {
  const { interval, continuous_fill, delay_initial_fill } = rate_limiter;
  return {
    capacityMillitokens: thousandths(bucket_capacity),
    fillMillitokens: thousandths(fill_amount),
    fillIntervalNanos: parseDuration(interval)!,
    ...(continuous_fill !== undefined && { continuousFill: continuous_fill }),
    ...(delay_initial_fill !== undefined && { delayInitialFill: delay_initial_fill }),
  };
}

function key({ rate_limiter }: Bucket): QuotaSettings {
  const { limit_by_label_key, max_idle_time } = rate_limiter;
  if (limit_by_label_key === undefined) return {};
  return {
    key: labelSources(limit_by_label_key),
    ...(max_idle_time !== undefined && { keyIdleNanos: parseDuration(max_idle_time)! }),
  };
}

function workloads(scheduler: Scheduler): PolicyWorkload[] {
  return (scheduler?.workloads ?? []).map(({ name, label_matcher, parameters }, index) => ({
    name: name ?? String(index),
    ...workloadParameters(parameters),
    match: labelMatchers(label_matcher),
    path: ['spec', 'quota_scheduler', 'scheduler', 'workloads', index],
  }));
}

function workloadParameters({
  priority,
  tokens,
  queue_timeout,
}: AsmWorkloadParameters = {}): WorkloadParameters {
  return {
    ...(priority !== undefined && { weight: millionths(priority) }),
    ...(tokens !== undefined && { costMillitokens: thousandths(tokens) }),
    ...(queue_timeout !== undefined && { queueTimeoutNanos: parseDuration(queue_timeout)! }),
  };
}

/** How requests are told apart and held. */
function waiting(scheduler: Scheduler): QuotaSettings {
  if (scheduler === undefined) return {};
  const sources = (label: string | undefined) => (label === undefined ? undefined : labelSources(label));
  const workloadFrom = sources(scheduler.workload_label_key);
  const fairnessKey = sources(scheduler.fairness_label_key);
  const costFrom = sources(scheduler.tokens_label_key);
  const priorityFrom = sources(scheduler.priority_label_key);
  const { default_workload_parameters, decision_deadline_margin, denied_response_status_code } = scheduler;
  return {
    ...(default_workload_parameters !== undefined && {
      defaultWorkload: workloadParameters(default_workload_parameters),
    }),
    ...(workloadFrom !== undefined && { workloadFrom }),
    ...(fairnessKey !== undefined && { fairnessKey }),
    ...(costFrom !== undefined && { costFrom }),
    ...(priorityFrom !== undefined && { priorityFrom }),
    ...(decision_deadline_margin !== undefined && {
      deadlineMarginNanos: parseDuration(decision_deadline_margin)!,
    }),
    ...(denied_response_status_code !== undefined && { response: { status: denied_response_status_code } }),
  };
}
