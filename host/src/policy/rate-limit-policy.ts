import type { Cost, Descriptor, Limit, RefusalResponse, ValueSource } from '../plan/plugin-configuration.ts';
import type { FieldPath } from './field-path.ts';
import type { PolicyDocument } from './policy-document.ts';

/**
 * What every kind of rate-limiting policy becomes once it is valid: the plugin configuration's own words (Limit,
 * Descriptor, …), but with services instead of host lists and expressions instead of compiled patterns. Planning
 * needs to see all policies; nothing before it does.
 */
export interface RateLimitPolicy {
  rules: PolicyRule[];
}

export interface PolicyRule {
  /** `namespace/policy/rule`; unique over all policies. */
  name: string;
  /** Where the rule stands, for messages of later stages. */
  origin: { document: PolicyDocument; path: FieldPath };
  /** Whose requests it limits; empty: every host. All targets share the rule's buckets. */
  targets: HostTarget[];
  /** Narrows the targets to these host patterns; empty: no narrowing. */
  onlyHosts: string[];
  /** Ports the authority may carry; empty: any. */
  ports: number[];
  /** Names of Envoy routes, one of which must have been chosen; empty: any. */
  routes: string[];
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

/** A Kubernetes service by its full name, known under its short forms too, or a host pattern as it is. Lower case. */
export type HostTarget = { service: string } | { host: string };

/** As the plugin configuration's Condition, with the regular expression itself. */
export type PolicyCondition =
  | (ValueSource & TextComparison)
  | { on: 'clientAddress'; ranges: string[]; invert?: boolean };

export type TextComparison =
  | { is: 'exact' | 'prefix' | 'suffix' | 'contains'; value: string; ignoreCase?: boolean; invert?: boolean }
  | { is: 'present'; invert?: boolean }
  | { is: 'regex'; expression: string; invert?: boolean };
