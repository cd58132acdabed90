import type { QuotaBucket, WorkloadParameters } from '../plan/plugin-configuration.ts';
import { fieldPattern, findFields } from '../policy/field-path.ts';
import { parseDuration } from '../policy/fields/duration.ts';
import { DEFAULT_NAMESPACE } from '../policy/fields/kubernetes-object.ts';
import { millionths, thousandths } from '../policy/fields/number.ts';
import type { QuotaSettings } from '../policy/policy.ts';
import type { QuotaFields } from '../policy/quota-fields.ts';
import { exactlyOneField } from '../policy/rules/exactly-one-field.ts';
import { hostsWithinTargets } from '../policy/rules/hosts-within-targets.ts';
import { ignoreCaseNeedsText } from '../policy/rules/ignore-case-needs-text.ts';
import { optionsNeedField } from '../policy/rules/options-need-field.ts';
import { ownResponseHeaders } from '../policy/rules/own-response-headers.ts';
import { quotaFloorsAndCaps } from '../policy/rules/quota-floors-and-caps.ts';
import { quotaTokensWithinCapacity } from '../policy/rules/quota-tokens-within-capacity.ts';
import { quotaWithoutFill } from '../policy/rules/quota-without-fill.ts';
import { quotaWorkloadNames } from '../policy/rules/quota-workload-names.ts';
import { quotaWorkloadShares } from '../policy/rules/quota-workload-shares.ts';
import { responseHeaderSize } from '../policy/rules/response-header-size.ts';
import { targetRefs } from '../policy/rules/target-refs.ts';
import { descriptor, valueSource } from './key-part.ts';
import { placementOf } from './placement.ts';
import { definePolicyKind } from './policy-kind.ts';
import { COMPARISONS, KEY_PARTS, VALUE_PARTS } from './policy-parts-schema.ts';
import {
  type PolicyQuota,
  QUOTA_SCHEDULING_POLICY,
  type QuotaSchedulingPolicyObject,
  type QuotaWorkloadParameters,
  quotaSchedulingPolicySchema,
} from './quota-scheduling-policy-schema.ts';
import { refusal } from './refusal.ts';
import { requestConditions } from './request-match.ts';
import { hostTargets } from './target-hosts.ts';

const SPEC = fieldPattern('spec');
const WORKLOADS = fieldPattern('spec.workloads[]');
const FIELDS: QuotaFields = {
  capacity: fieldPattern('spec.quota.capacity'),
  fillAmount: fieldPattern('spec.quota.fillAmount'),
  workloads: WORKLOADS,
  defaultWorkload: fieldPattern('spec.defaultWorkload'),
};
const matchesOf = (part: string) => [
  fieldPattern(`spec.match.${part}`),
  fieldPattern(`spec.workloads[].match.${part}`),
];
const NAMED_MATCHERS = ['headers[]', 'queryParameters[]', 'cookies[]'].flatMap(matchesOf);
const KEYS = ['spec.limitBy[]', 'spec.fairnessBy[]'].map(fieldPattern);
const VALUES = ['spec.tokensFrom[]', 'spec.priorityFrom[]', 'spec.workloadFrom[]'].map(fieldPattern);
const RESPONSE_HEADER_NAMES = fieldPattern('spec.response.headers[].name');

/** Sluice's own quota scheduling; docs/policies/quota-scheduling-policy.md says what each field means. */
export const quotaSchedulingPolicy = definePolicyKind<QuotaSchedulingPolicyObject>({
  ...QUOTA_SCHEDULING_POLICY,
  schema: quotaSchedulingPolicySchema,
  rules: [
    targetRefs,
    hostsWithinTargets(fieldPattern('spec.match.hosts[]')),
    exactlyOneField(KEYS, KEY_PARTS),
    exactlyOneField(VALUES, VALUE_PARTS),
    exactlyOneField(matchesOf('path'), COMPARISONS),
    exactlyOneField(NAMED_MATCHERS, [...COMPARISONS, 'present']),
    ignoreCaseNeedsText(NAMED_MATCHERS),
    optionsNeedField(SPEC, ['keyCapacity', 'maxIdleTime'], 'limitBy'),
    optionsNeedField(SPEC, ['fairnessCapacity'], 'fairnessBy'),
    quotaWorkloadNames(WORKLOADS),
    quotaTokensWithinCapacity(FIELDS),
    quotaWithoutFill(FIELDS),
    quotaWorkloadShares(FIELDS),
    quotaFloorsAndCaps(FIELDS),
    ownResponseHeaders((value) => findFields(value, RESPONSE_HEADER_NAMES)),
    responseHeaderSize([fieldPattern('spec.response.headers')]),
  ],
  toPolicy: ({ metadata, spec }, document) => {
    const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
    const { hosts = [], routes = [], ...conditions } = spec.match ?? {};
    return {
      placement: placementOf(spec, namespace, document, 'gateway'),
      quotaSchedulers: [
        {
          name: `${namespace}/${metadata.name}`,
          origin: { document, path: ['spec'] },
          targets: hostTargets(spec.targetRefs ?? [], namespace, document),
          onlyHosts: hosts.map((host) => host.toLowerCase()),
          ports: [],
          routes,
          match: requestConditions(conditions),
          bucket: bucket(spec.quota),
          ...whatIsCounted(spec),
          ...whoWaits(spec),
          workloads: (spec.workloads ?? []).map(({ name, match = {}, ...parameters }, index) => ({
            name,
            ...workloadParameters(parameters),
            match: requestConditions(match),
            path: ['spec', 'workloads', index],
          })),
        },
      ],
    };
  },
});

type Spec = QuotaSchedulingPolicyObject['spec'];

function bucket({
  capacity,
  fillAmount,
  fillInterval,
  continuousFill,
  delayInitialFill,
}: PolicyQuota): QuotaBucket {
  return {
    capacityMillitokens: thousandths(capacity),
    fillMillitokens: thousandths(fillAmount ?? capacity),
    fillIntervalNanos: parseDuration(fillInterval)!,
    ...(continuousFill !== undefined && { continuousFill }),
    ...(delayInitialFill !== undefined && { delayInitialFill }),
  };
}

function workloadParameters({
  priority,
  tokens,
  queueTimeout,
  queueCapacity,
  strict,
  floor,
  cap,
}: QuotaWorkloadParameters): WorkloadParameters {
  return {
    ...(priority !== undefined && { weight: millionths(priority) }),
    ...(tokens !== undefined && { costMillitokens: thousandths(tokens) }),
    ...(queueTimeout !== undefined && { queueTimeoutNanos: parseDuration(queueTimeout)! }),
    ...(queueCapacity !== undefined && { queueCapacity }),
    ...(strict !== undefined && { strict }),
    ...(floor !== undefined && { floorMillitokensPerSecond: thousandths(floor) }),
    ...(cap !== undefined && { capMillitokensPerSecond: thousandths(cap) }),
  };
}

/** Which bucket and which flow a request belongs to, and how much it takes. */
function whatIsCounted(spec: Spec): QuotaSettings {
  return {
    ...(spec.limitBy !== undefined && { key: spec.limitBy.map(descriptor) }),
    ...(spec.keyCapacity !== undefined && { keyCapacity: spec.keyCapacity }),
    ...(spec.maxIdleTime !== undefined && { keyIdleNanos: parseDuration(spec.maxIdleTime)! }),
    ...(spec.defaultWorkload !== undefined && {
      defaultWorkload: workloadParameters(spec.defaultWorkload),
    }),
    ...(spec.workloadFrom !== undefined && { workloadFrom: spec.workloadFrom.map(valueSource) }),
    ...(spec.fairnessBy !== undefined && { fairnessKey: spec.fairnessBy.map(descriptor) }),
    ...(spec.fairnessCapacity !== undefined && { fairnessCapacity: spec.fairnessCapacity }),
    ...(spec.tokensFrom !== undefined && { costFrom: spec.tokensFrom.map(valueSource) }),
    ...(spec.priorityFrom !== undefined && { priorityFrom: spec.priorityFrom.map(valueSource) }),
  };
}

/** How many wait, how long, and what they are told. */
function whoWaits(spec: Spec): QuotaSettings {
  return {
    ...(spec.queueCapacity !== undefined && { queueCapacity: spec.queueCapacity }),
    ...(spec.requestTimeout !== undefined && { requestTimeoutNanos: parseDuration(spec.requestTimeout)! }),
    ...(spec.deadlineMargin !== undefined && { deadlineMarginNanos: parseDuration(spec.deadlineMargin)! }),
    ...(spec.deadlineHeader !== undefined && { deadlineHeader: spec.deadlineHeader.toLowerCase() }),
    ...(spec.strictAgeing !== undefined && { strictAgeingNanos: parseDuration(spec.strictAgeing)! }),
    ...(spec.response !== undefined && { response: refusal(spec.response) }),
    ...(spec.shadowMode === true && { shadowMode: true }),
  };
}
