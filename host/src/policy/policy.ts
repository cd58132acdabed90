import type {
  CircuitBreaker,
  Cost,
  Descriptor,
  HeaderEditAction,
  Limit,
  QuotaBucket,
  QuotaScheduler,
  RefusalResponse,
  ValueSource,
  Workload,
} from '../plan/plugin-configuration.ts';
import type { FieldPath } from './field-path.ts';
import type { Origin, RoutedTarget, Routing } from './routing.ts';
import type { Traffic } from './traffic.ts';

/**
 * What every kind of policy becomes once it is valid: the plugin configuration's own words (Limit, QuotaBucket, …),
 * but with services instead of host lists and expressions instead of compiled patterns. Planning needs to see all
 * policies; nothing before it does. One list a function, under its name in the plugin configuration.
 */
export interface Policy {
  rateLimits?: PolicyRateLimit[];
  quotaSchedulers?: PolicyQuotaScheduler[];
  circuitBreakers?: PolicyCircuitBreaker[];
  headerRules?: PolicyHeaderRule[];
  /** Of the kinds that route: no rules, but what rules and requests find. */
  routing?: Routing;
  /** Of the kinds with rules. */
  placement?: Placement;
}

/**
 * Which proxies of a mesh a policy is for. Only translators for meshes read it: `sluice run` and one Envoy are the
 * proxy, whatever it says.
 */
export interface Placement {
  /** Of the policy; workloads are looked for there. */
  namespace: string;
  /** Labels of the pods. Absent: not said. */
  labels?: Readonly<Record<string, string>>;
  /** Absent: not said. */
  traffic?: Traffic;
  /** The policy names pods, and no traffic: `traffic` is what its kind is mostly for. */
  isTrafficAssumed?: true;
  origin: Origin;
}

/** What a policy asks of some requests, whatever it is: whose requests, and where that stands. */
export interface PolicyRule {
  /** `namespace/policy` or `namespace/policy/rule`; unique over all policies among the rules of one function. */
  name: string;
  /** Where the rule stands, for messages of later stages. */
  origin: Origin;
  /** Whose requests it is about; empty: every host. All targets share the rule's state. */
  targets: HostTarget[];
  /** Narrows the targets to these host patterns; empty: no narrowing. */
  onlyHosts: string[];
  /** Ports the authority may carry; empty: any. */
  ports: number[];
  /** Names of Envoy routes, one of which must have been chosen; empty: any. */
  routes: string[];
  /** All must hold. */
  match: PolicyMatcher[];
}

export interface PolicyRateLimit extends PolicyRule {
  match: PolicyCondition[];
  limit: Limit;
  overrides: { match: PolicyCondition[]; limit: Limit }[];
  key: Descriptor[];
  keyCapacity?: number;
  whenKeyMissing?: 'share' | 'skip';
  cost?: Cost;
  shadowMode?: boolean;
  response?: RefusalResponse;
}

/** As the plugin configuration's QuotaScheduler. */
export interface PolicyQuotaScheduler extends PolicyRule, QuotaSettings {
  bucket: QuotaBucket;
  workloads: PolicyWorkload[];
}

/** What a scheduler may leave out. */
export type QuotaSettings = Omit<QuotaScheduler, keyof PolicyRule | 'hosts' | 'bucket' | 'workloads'>;

export interface PolicyWorkload extends Omit<Workload, 'match'> {
  match: PolicyMatcher[];
  /** Where the workload stands in the document of its scheduler. */
  path: FieldPath;
}

/** As the plugin configuration's CircuitBreaker. */
export interface PolicyCircuitBreaker extends PolicyRule, BreakerSettings {}

/** What makes a breaker open, and what it does then. */
export type BreakerSettings = Omit<CircuitBreaker, keyof PolicyRule | 'hosts'>;
/** As the plugin configuration's HeaderRule. */
export interface PolicyHeaderRule extends PolicyRule {
  match: PolicyCondition[];
  phase?: 'beforeMatching';
  request: PolicyHeaderEdit[];
  response: PolicyHeaderEdit[];
  requestTrailers: PolicyHeaderEdit[];
  responseTrailers: PolicyHeaderEdit[];
}

export type PolicyHeaderEdit = HeaderEditAction & {
  match: PolicyCondition[];
  statuses?: [least: number, most: number][];
  responseMatch: PolicyCondition[];
};

/**
 * A Kubernetes service by its full name, known under its short forms too, or a host pattern as it is, lower case; or
 * what an object that routes serves, which planning finds out first (plan/routing/attach-policies.ts).
 */
export type HostTarget = { service: string } | { host: string } | { routed: RoutedTarget };

/** As the plugin configuration's Matcher; or the request's host is one of the targets, of which there is at least one. */
export type PolicyMatcher =
  | PolicyCondition
  | { all: PolicyMatcher[] }
  | { any: PolicyMatcher[] }
  | { not: PolicyMatcher }
  | { targets: HostTarget[] };

/** As the plugin configuration's Condition, with the regular expression itself. */
export type PolicyCondition =
  | (ValueSource & TextComparison)
  | { on: 'clientAddress'; ranges: string[]; invert?: boolean };

export type TextComparison =
  | { is: 'exact' | 'prefix' | 'suffix' | 'contains'; value: string; ignoreCase?: boolean; invert?: boolean }
  | { is: 'present'; invert?: boolean }
  /** `anywhere`: the expression must match any part of the value instead of the whole. */
  | { is: 'regex'; expression: string; anywhere?: true; invert?: boolean };

/** The rules of a policy, of whichever function. */
export function rulesOf({
  rateLimits = [],
  quotaSchedulers = [],
  circuitBreakers = [],
  headerRules = [],
}: Policy): PolicyRule[] {
  return [...rateLimits, ...quotaSchedulers, ...circuitBreakers, ...headerRules];
}
